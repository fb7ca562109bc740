/** Takes a cluster's secret out of bytes that leave the machine, in every form it could have. */

const REMOVED = Buffer.from('[secret removed]');

/** Hex in either case, base64 in both alphabets and at each of its three phases, and raw. */
export function formsOfSecret(secretHex: string): readonly Buffer[] {
  const raw = Buffer.from(secretHex, 'hex');
  const forms = [Buffer.from(secretHex.toLowerCase()), Buffer.from(secretHex.toUpperCase()), raw];
  for (const encoding of ['base64', 'base64url'] as const) {
    for (let lead = 0; lead < 3; lead += 1) {
      const text = Buffer.concat([Buffer.alloc(lead), raw]).toString(encoding);
      // What depends on the bytes before and behind it is left out.
      forms.push(
        Buffer.from(text.slice(Math.ceil((lead * 4) / 3), 4 * Math.floor((lead + raw.length) / 3))),
      );
    }
  }
  return forms.filter(({ length }) => length > 0);
}

export function withoutSecret(content: Buffer, forms: readonly Buffer[]): Buffer {
  let clean = content;
  for (const form of forms) {
    const parts: Buffer[] = [];
    let from = 0;
    for (let at = clean.indexOf(form); at >= 0; at = clean.indexOf(form, from)) {
      parts.push(clean.subarray(from, at), REMOVED);
      from = at + form.length;
    }
    if (from > 0) clean = Buffer.concat([...parts, clean.subarray(from)]);
  }
  return clean;
}
