/** The facts that name a node or a member, by the tables of events. */
const ofOne = ['member', 'name', 'nodeId', 'executor', 'leader', 'former'];
/** More than the largest cluster has. */
const mostSubjects = 100;

/**
 * The IDs of nodes and the names of members and clients that these facts of an event name, each once. Events about
 * operators have none. Pure.
 */
export function subjectsOf(kind: string, facts: object): readonly string[] {
  if (kind.startsWith('operator-')) return [];
  const { members, mutation, incarnations } = facts as Readonly<Record<string, unknown>>;
  const several = [members, incarnations].flatMap((list) => (Array.isArray(list) ? (list as readonly unknown[]) : []));
  const found = [facts, mutation, ...several].flatMap(namesIn);
  return [...new Set(found)].slice(0, mostSubjects);
}

function namesIn(fact: unknown): readonly string[] {
  if (typeof fact === 'string') return [fact];
  if (typeof fact !== 'object' || fact === null) return [];
  const facts = fact as Readonly<Record<string, unknown>>;
  return ofOne.map((name) => facts[name]).filter((value) => typeof value === 'string' && value !== '') as string[];
}
