import type { Mutant } from './mutant.ts';

const rulesTest = 'packages/shared/test/diagnosis/rules.test.ts';
const logTest = 'packages/shared/test/etcd-log/read-log.test.ts';
const evidence = 'packages/shared/src/diagnosis/rules/evidence.ts';

export const diagnosis: readonly Mutant[] = [
  {
    id: 'agent-blames-another-member',
    rule: 'R8',
    does: 'takes the word of an agent for another machine in a diagnosis',
    file: evidence,
    find: 'const named = isOwn(outer.from) ?',
    replace: 'const named = true ?',
    caughtBy: rulesTest,
  },
  {
    id: 'agent-speaks-as-coordinator',
    rule: 'R8',
    does: 'lets an agent give reasons of the coordinator in a diagnosis',
    file: evidence,
    find: 'isOwn(here.from) || agentCodes.has(fact.code)',
    replace: 'true',
    caughtBy: rulesTest,
  },
  {
    id: 'quoted-agent-speaks-as-coordinator',
    rule: 'R8',
    does: 'takes what an agent has reported for the word of the coordinator once it quotes that',
    file: evidence,
    find: "from === 'coordinator' && quotes.has(code) ? 'agent' : from",
    replace: 'from',
    caughtBy: rulesTest,
  },
  {
    id: 'reported-text-in-a-command',
    rule: 'R8',
    does: 'puts whatever a node reports into a command that people paste',
    file: 'packages/shared/src/diagnosis/rules/rule.ts',
    find: "typeof text === 'string' && pattern.test(text)",
    replace: "typeof text === 'string' && pattern !== undefined",
    caughtBy: rulesTest,
  },
  {
    id: 'reported-option-in-a-command',
    rule: 'R8',
    does: 'puts a host that begins with - into a command, which takes it for an option',
    file: 'packages/shared/src/diagnosis/rules/rule.ts',
    find: 'https?:\\/\\/[A-Za-z0-9._:[\\]]',
    replace: 'https?:\\/\\/',
    caughtBy: rulesTest,
  },
  {
    id: 'facts-of-an-agent-without-end',
    rule: 'R18',
    does: 'lets one agent give any number of facts to a diagnosis',
    file: evidence,
    find: 'saidOf(outer) >= mostOfNode',
    replace: 'saidOf(outer) < 0',
    caughtBy: rulesTest,
  },
  {
    id: 'facts-of-a-log-without-end',
    rule: 'R18',
    does: 'makes as many facts of a log as it has lines',
    file: 'packages/shared/src/etcd-log/read-log.ts',
    find: '.slice(0, most)',
    replace: '',
    caughtBy: logTest,
  },
  {
    id: 'text-of-a-log-as-a-fact',
    rule: 'R11',
    does: 'takes any text after an alert from a line of a log',
    file: 'packages/shared/src/etcd-log/read-line.ts',
    find: 'certificate required|',
    replace: 'certificate required|[^|]*|',
    caughtBy: logTest,
  },
];
