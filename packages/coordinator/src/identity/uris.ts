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
  const match = /^urn:picket:(node|operator):([^:]+)$/.exec(uri);
  const [, kind, name] = match ?? [];
  return (kind === 'node' || kind === 'operator') && name !== undefined ? { kind, name } : undefined;
}
