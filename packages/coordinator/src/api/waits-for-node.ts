/** UTF-16 units, at most 6 octets each in JSON: half of the 256 KiB that an agent reads of an answer. */
const mostUnits = 20_000;

/** What the cluster waits for, as much as fits into an answer to an agent (R18). Agents show it and decide nothing by it. */
export function waitsForNode(waits: readonly string[], cluster: string): string[] {
  const told: string[] = [];
  let units = 0;
  for (const wait of waits) {
    units += wait.length;
    if (units > mostUnits) {
      return [...told, `${waits.length - told.length} more: \`picket status ${cluster}\` lists all`];
    }
    told.push(wait);
  }
  return told;
}
