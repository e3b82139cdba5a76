/** What is known of one thing: a line for each fact, with the facts in one column. */
export function factLines(facts: readonly (readonly [label: string, fact: string])[]): string {
  const width = Math.max(...facts.map(([label]) => label.length));
  return facts.map(([label, fact]) => `${`${label}:`.padEnd(width + 2)}${fact}`).join('\n');
}
