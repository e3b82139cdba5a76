const prefixes = [
  { kind: 'node', prefix: 'urn:picket:node:' },
  { kind: 'operator', prefix: 'urn:picket:operator:' },
] as const;

/** The URI in the certificate of a node (DESIGN §5). */
export function nodeUri(id: string): string {
  return `urn:picket:node:${id}`;
}

/** The URI in the certificate of an operator (DESIGN §5). */
export function operatorUri(name: string): string {
  return `urn:picket:operator:${name}`;
}

/** Whose URI this is, undefined if nobody's. */
export function readUri(uri: string): { readonly kind: 'node' | 'operator'; readonly name: string } | undefined {
  for (const { kind, prefix } of prefixes) {
    if (uri.length > prefix.length && uri.startsWith(prefix) && !uri.includes(':', prefix.length)) {
      return { kind, name: uri.slice(prefix.length) };
    }
  }
  return undefined;
}
