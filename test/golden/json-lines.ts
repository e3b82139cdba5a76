const width = 120;

/** A JSON value as text: what fits into a line of 120 characters stands in one line, so that a difference is short to read. */
export function jsonLines(value: unknown, indent = ''): string {
  const inline = oneLine(value);
  if (indent.length + inline.length <= width || typeof value !== 'object' || value === null) return inline;
  const deeper = `${indent}  `;
  if (Array.isArray(value)) {
    const items = value.map((item: unknown) => `${deeper}${jsonLines(item, deeper)}`);
    return `[\n${items.join(',\n')}\n${indent}]`;
  }
  const fields = Object.entries(value).map(
    ([name, field]) => `${deeper}${JSON.stringify(name)}: ${jsonLines(field, deeper)}`,
  );
  return `{\n${fields.join(',\n')}\n${indent}}`;
}

function oneLine(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(oneLine).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).map(([name, field]) => `${JSON.stringify(name)}: ${oneLine(field)}`);
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`;
}
