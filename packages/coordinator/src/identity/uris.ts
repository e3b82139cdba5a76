const node = { kind: 'node', prefix: 'urn:picket:node:' } as const;
const operator = { kind: 'operator', prefix: 'urn:picket:operator:' } as const;

/** The URI in the certificate of a node. */
export function nodeUri(id: string): string {
  return `${node.prefix}${id}`;
}

/** The URI in the certificate of an operator. */
export function operatorUri(name: string): string {
  return `${operator.prefix}${name}`;
}

/** The holder of this URI, undefined if nobody. */
export function readUri(uri: string): { readonly kind: 'node' | 'operator'; readonly name: string } | undefined {
  for (const { kind, prefix } of [node, operator]) {
    if (uri.length > prefix.length && uri.startsWith(prefix) && !uri.includes(':', prefix.length)) {
      return { kind, name: uri.slice(prefix.length) };
    }
  }
  return undefined;
}
