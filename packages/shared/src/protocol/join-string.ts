import { failure } from '../errors.ts';

/** `pkt1.ID.SECRET.PIN`. The secret has 128 bits or more; the pin is the control CA's SPKI SHA-256. */
export interface JoinString {
  readonly tokenId: string;
  readonly secret: string;
  /** Lower-case hex SHA-256 of the control CA's SubjectPublicKeyInfo. */
  readonly pin: string;
}

const shape = /^pkt1\.([a-z0-9]{8,40})\.([A-Za-z0-9_-]{22,86})\.([0-9a-f]{64})$/;

export function formatJoinString(parts: JoinString): string {
  return `pkt1.${parts.tokenId}.${parts.secret}.${parts.pin}`;
}

/**
 * Reads a join string as it was pasted, with or without white space around it.
 * Throws `join_string_invalid`, which says what is wrong with the form and never repeats the text (R11).
 */
export function parseJoinString(text: string): JoinString {
  const trimmed = text.trim();
  const match = shape.exec(trimmed);
  if (match?.[1] === undefined || match[2] === undefined || match[3] === undefined) {
    throw failure('join_string_invalid', { problem: complaint(trimmed) });
  }
  return { tokenId: match[1], secret: match[2], pin: match[3] };
}

function complaint(text: string): string {
  if (text === '') return 'it is empty';
  if (/\s/.test(text)) return 'it has white space inside; it may be broken over two lines';
  if (!text.startsWith('pkt1.')) return 'it does not begin with "pkt1."';
  const parts = text.split('.').length;
  if (parts !== 4) return `it has ${parts} parts between dots instead of 4; it may be cut off`;
  return 'a part of it has the wrong length or wrong characters; it may be cut off or mistyped';
}
