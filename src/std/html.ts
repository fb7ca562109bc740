/** Text that HTML takes as text; control characters are drawn as a box. */
export function htmlText(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll(/[^\P{Cc}\n]/gu, '�');
}

export interface HtmlPage {
  readonly title: string;
  /** Of the style element. */
  readonly style: string;
  /** Of the body element, as HTML. */
  readonly body: string;
}

/** A page that needs nothing else and could load nothing: no network, no frames, no forms sent. */
export function htmlPage({ title, style, body }: HtmlPage): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>${htmlText(title)}</title>
<style>${style}</style>
</head>
<body>
${body}
</body>
</html>
`;
}
