/** A JSON value without the sentences of reasons, events and errors: words are compared where they are made. */
export function withoutWords(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutWords);
  if (typeof value !== 'object' || value === null) return value;
  const { message: _message, hint: _hint, ...said } = value as Readonly<Record<string, unknown>>;
  const hasWords = ('code' in value && ('facts' in value || 'hint' in value)) || ('kind' in value && 'facts' in value);
  return Object.fromEntries(
    Object.entries(hasWords ? said : value).map(([name, inner]) => [name, withoutWords(inner)]),
  );
}
