/** How the audit log names the node of a route. */
export function ofNode({ id }: Readonly<Record<string, string>>): string {
  return `node ${id}`;
}
