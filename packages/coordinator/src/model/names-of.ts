export function namesOf(members: readonly { readonly name: string }[]): readonly string[] {
  return members.map(({ name }) => name);
}
