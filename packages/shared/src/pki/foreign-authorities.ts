import { X509Certificate } from 'node:crypto';
import { certificateLabel } from './certificate.ts';

/**
 * What is wrong with the PEM text of CA certificates that are not Picket's, as the end of a sentence about their file; null if
 * nothing is. Text around the blocks is allowed, since bundles have comments. Never quotes the content (R11).
 */
export function foreignAuthoritiesProblem(text: string): string | null {
  const labels = [...text.matchAll(/-----BEGIN ([A-Z0-9 ]{1,64})-----/g)].map(([, label]) => label);
  if (labels.length === 0) return 'holds no certificate in PEM';
  const other = labels.find((label) => label !== certificateLabel);
  if (other !== undefined) return `must hold certificates only, and holds a block ${other}`;
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length < labels.length) return 'holds a certificate that is cut short';
  const damaged = blocks.findIndex((block) => !isCertificate(block));
  return damaged === -1 ? null : `holds a damaged certificate (number ${damaged + 1})`;
}

function isCertificate(block: string): boolean {
  try {
    return new X509Certificate(block).raw.length > 0;
  } catch {
    return false;
  }
}
