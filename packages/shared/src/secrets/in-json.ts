/** The value with each of its strings changed, and everything else as it is. The names of fields are strings too. */
export function withEachString(value: unknown, changed: (text: string) => string): unknown {
  if (typeof value === 'string') return changed(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((one) => withEachString(one, changed));
  const fields = Object.entries(value);
  return Object.fromEntries(fields.map(([name, one]) => [changed(name), withEachString(one, changed)]));
}
