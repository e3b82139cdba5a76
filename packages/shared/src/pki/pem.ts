import { failure, type PicketError } from '../errors.ts';

/** One PEM block: the label between BEGIN and the dashes, and what the base64 holds. */
export interface PemBlock {
  readonly label: string;
  readonly der: Buffer;
}

/** Far above any bundle or credential of Picket, far below what would cost memory on a small board. */
const maxPemLength = 256 * 1024;

/**
 * Splits PEM text into its blocks (RFC 7468, strict form; CRLF and blank lines are accepted). Throws `pem_malformed`
 * for text outside the blocks, encapsulated headers, base64 that is not canonical, an unclosed block, or text longer
 * than `maxLength` characters. The error names a line and never quotes it, for it may be part of a private key (R11).
 * @param what what the text is, as a user would call it, for the error
 */
export function splitPem(text: string, what: string, maxLength = maxPemLength): PemBlock[] {
  if (text.length > maxLength) throw malformed(what, `it is longer than ${maxLength} characters`);
  const blocks: PemBlock[] = [];
  let open: { label: string; base64: string } | undefined;
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    const at = `line ${index + 1}`;
    const boundary = /^-----(BEGIN|END) ([A-Z0-9 ]{1,64})-----$/.exec(line);
    if (boundary === null) {
      if (line === '') continue;
      if (open === undefined) throw malformed(what, `${at} is outside of any PEM block`);
      open.base64 += line;
    } else if (boundary[1] === 'BEGIN') {
      if (open !== undefined) throw malformed(what, `${at} begins a block inside another`);
      open = { label: boundary[2] ?? '', base64: '' };
    } else {
      if (open === undefined || open.label !== boundary[2])
        throw malformed(what, `${at} ends a block that was not begun`);
      blocks.push({ label: open.label, der: decodeBase64(open.base64, what, at) });
      open = undefined;
    }
  }
  if (open !== undefined) throw malformed(what, 'its last block is cut short');
  return blocks;
}

/** The DER of text that is exactly one block with this label. Throws `pem_malformed` otherwise. */
export function singlePem(text: string, label: string, what: string, maxLength = maxPemLength): Buffer {
  const [block, ...others] = splitPem(text, what, maxLength);
  if (block === undefined) throw malformed(what, 'it is empty');
  if (others.length > 0) throw malformed(what, `it holds ${others.length + 1} blocks where one belongs`);
  if (block.label !== label) throw malformed(what, `it is a ${block.label} where a ${label} belongs`);
  return block.der;
}

/** One block, in lines of 64 characters, with a final newline. */
export function toPem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

function decodeBase64(base64: string, what: string, at: string): Buffer {
  const der = Buffer.from(base64, 'base64');
  if (der.length === 0 || der.toString('base64') !== base64) {
    throw malformed(
      what,
      `the block that ends at ${at} is not base64 (headers and encrypted PEM of old form are refused)`,
    );
  }
  return der;
}

function malformed(what: string, problem: string): PicketError {
  return failure('pem_malformed', { what, problem });
}
