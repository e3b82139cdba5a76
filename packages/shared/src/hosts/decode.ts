import { failure } from '../errors.ts';

/** The largest accepted host list, in bytes. Fifty hosts with notes need a tenth of it. */
export const maxBytes = 65_536;

/**
 * The text of a file that a spreadsheet or an editor saved, without its byte order mark.
 *
 * @throws PicketError hosts_file_unreadable for anything but UTF-8 text. The file's content is not repeated:
 * it may be the wrong file, and a secret (R11).
 */
export function decode(file: string | Uint8Array): string {
  const bytes = typeof file === 'string' ? new TextEncoder().encode(file) : file;
  if (bytes.length > maxBytes) throw unreadable(`it is larger than ${maxBytes} bytes; check that it is the right file`);
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    throw unreadable('it is UTF-16 text; save it as UTF-8 (in a spreadsheet, "CSV UTF-8")');
  }
  if (bytes.includes(0))
    throw unreadable('it contains zero bytes, so it is not text; export the spreadsheet as "CSV UTF-8"');
  const text = decodeUtf8(bytes);
  if (text === undefined) {
    throw unreadable(
      `line ${firstBadLine(bytes)} is not UTF-8 (it may be GBK or Windows-1252); save the file as UTF-8 (in a spreadsheet, "CSV UTF-8")`,
    );
  }
  if (text.includes('-----BEGIN '))
    throw unreadable('it contains a certificate or a key in PEM; give the host list instead');
  return text;
}

/** Undefined if the bytes are not UTF-8. The decoder removes a byte order mark. */
function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function firstBadLine(bytes: Uint8Array): number {
  let line = 1;
  for (let start = 0; start < bytes.length; line += 1) {
    const newline = bytes.indexOf(0x0a, start);
    const end = newline === -1 ? bytes.length : newline + 1;
    if (decodeUtf8(bytes.subarray(start, end)) === undefined) return line;
    start = end;
  }
  return line;
}

function unreadable(problem: string): Error {
  return failure('hosts_file_unreadable', { problem });
}
