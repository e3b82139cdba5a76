/** A value without the quotes around it, if the same one is at both ends. */
export function unquoted(value: string): string {
  const quote = value.slice(0, 1);
  const isQuoted = (quote === '"' || quote === "'") && value.length > 1 && value.endsWith(quote);
  return isQuoted ? value.slice(1, -1) : value;
}
