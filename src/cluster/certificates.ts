/** Makes certificates: the one file that knows the library which can. */
import 'reflect-metadata';
import { createPrivateKey, randomBytes, webcrypto, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  type JsonGeneralName,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate as X509,
  X509CertificateGenerator,
} from '@peculiar/x509';

const CURVE = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const SIGNATURE = { ...CURVE, hash: 'SHA-256' } as const;
const DAY_MS = 24 * 3_600_000;
/** Clocks of machines differ: a certificate is good from so long before it is made. */
const BACKDATED_MS = 3_600_000;
const SERIAL_BYTES = 16;

export interface CertificateWish {
  /** For people, at most 64 characters of it are kept. */
  readonly commonName: string;
  /** `raftctl://...`: whom it is for. */
  readonly uri: string;
  /** Names and addresses of machines that it may serve at; none: it is a client's. */
  readonly hosts: readonly string[];
  readonly days: number;
}

/** A new authority's key and certificate, as one PEM text. */
export async function makeAuthority(commonName: string, days: number): Promise<string> {
  const keys = await webcrypto.subtle.generateKey(CURVE, true, ['sign', 'verify']);
  // Two authorities of a cluster are told apart by name and by key, while one takes over.
  const name = `${commonName.slice(0, 48)} ${randomBytes(4).toString('hex')}`;
  const certificate = await X509CertificateGenerator.createSelfSigned({
    ...frameOf(name, days),
    keys,
    signingAlgorithm: SIGNATURE,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return pemOf(keys.privateKey, certificate);
}

/**
 * A new key with a certificate of the authority for it, as one PEM text.
 *
 * @param authority what `makeAuthority` made.
 */
export async function issueCertificate(authority: string, wish: CertificateWish): Promise<string> {
  const { hosts, uri } = wish;
  const keys = await webcrypto.subtle.generateKey(CURVE, true, ['sign', 'verify']);
  const issuer = new X509(certificateOf(authority));
  const der = createPrivateKey(authority).export({ type: 'pkcs8', format: 'der' });
  const signingKey = await webcrypto.subtle.importKey('pkcs8', der, CURVE, false, ['sign']);
  const usages = hosts.length === 0 ? [] : [ExtendedKeyUsage.serverAuth];
  const names: JsonGeneralName[] = [
    { type: 'url', value: uri },
    ...hosts.map((host): JsonGeneralName => {
      return { type: isIP(host) === 0 ? 'dns' : 'ip', value: host };
    }),
  ];
  const extensions: Extension[] = [
    new BasicConstraintsExtension(false, undefined, true),
    new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
    new ExtendedKeyUsageExtension([...usages, ExtendedKeyUsage.clientAuth]),
    new SubjectAlternativeNameExtension(names),
    await AuthorityKeyIdentifierExtension.create(issuer),
  ];
  const certificate = await X509CertificateGenerator.create({
    ...frameOf(wish.commonName, wish.days),
    subject: [{ CN: [wish.commonName.slice(0, 64)] }],
    issuer: issuer.subjectName,
    publicKey: keys.publicKey,
    ...{ signingKey, signingAlgorithm: SIGNATURE, extensions },
  });
  return pemOf(keys.privateKey, certificate);
}

/** The certificate alone, without the key. */
export function certificateOf(both: string): string {
  return `${new X509Certificate(both).toString()}`;
}

function frameOf(commonName: string, days: number) {
  const now = Date.now();
  // The highest bit would make the number negative.
  const serial = randomBytes(SERIAL_BYTES);
  serial[0] = ((serial[0] as number) & 0x7f) | 0x40;
  return {
    serialNumber: serial.toString('hex'),
    name: [{ CN: [commonName.slice(0, 64)] }],
    notBefore: new Date(now - BACKDATED_MS),
    notAfter: new Date(now + days * DAY_MS),
  };
}

async function pemOf(key: webcrypto.CryptoKey, certificate: X509): Promise<string> {
  const der = await webcrypto.subtle.exportKey('pkcs8', key);
  return `${PemConverter.encode(der, 'PRIVATE KEY')}\n${certificate.toString('pem')}\n`;
}
