import { PicketError } from '@picket/shared/errors.ts';
import t from 'tap';
import * as Type from 'typebox';
import { readStrictYaml } from '../../src/config/strict-yaml.ts';

const schema = Type.Object(
  {
    port: Type.Optional(Type.Integer({ minimum: 1 })),
    dataDir: Type.Optional(Type.String()),
    tuning: Type.Optional(Type.Object({ heartbeat: Type.Optional(Type.Integer()) }, { additionalProperties: false })),
    members: Type.Optional(Type.Array(Type.Object({ name: Type.String() }, { additionalProperties: false }))),
  },
  { additionalProperties: false },
);
const read = (text: string) => readStrictYaml(text, schema, 'x.yml');

/** What this text is refused for; null if it is accepted. */
function problemOf(text: string): string | null {
  try {
    read(text);
  } catch (error) {
    if (error instanceof PicketError && error.code === 'config_invalid' && error.facts.file === 'x.yml')
      return String(error.details.problem);
    throw error;
  }
  return null;
}

t.test('reads what the schema names', async (t) => {
  t.same(read('port: 7443 # the usual\ndataDir: /var/lib/x\n'), { port: 7443, dataDir: '/var/lib/x' });
});

t.test('an empty file is an empty mapping', async (t) => {
  t.same(read('# nothing yet\n'), {});
});

const refused: readonly (readonly [what: string, text: string, problem: string])[] = [
  [
    'a mistyped key, with its line and what was meant',
    'port: 1\ndataDirr: /x\n',
    'line 2: unknown key "dataDirr"; did you mean "dataDir"?',
  ],
  [
    'a key like none, with those there are',
    'colour: blue\n',
    'line 1: unknown key "colour"; known are port, dataDir, tuning, members',
  ],
  [
    'a mistyped key of a mapping within, with its own line',
    'tuning:\n  heartbeet: 1\n',
    'line 2: unknown key "tuning.heartbeet"; did you mean "heartbeat"?',
  ],
  [
    'a mistyped key of an item of a list',
    'members:\n  - name: a\n  - name: b\n    nam: c\n',
    'line 4: unknown key "members.1.nam"; did you mean "name"?',
  ],
  [
    'a key that belongs further in',
    'port: 1\nheartbeat: 1\n',
    'line 2: unknown key "heartbeat"; write it below "tuning"',
  ],
  [
    'a key that belongs further out',
    'tuning:\n  dataDir: /x\n',
    'line 2: unknown key "tuning.dataDir"; write it at the outermost level',
  ],
  ['a wrong type', 'port: "1"\n', 'line 1: "port" must be integer'],
  ['a list', '- port\n', 'it must be a mapping of keys to values'],
  [
    'an alias without its anchor',
    'dataDir: *place\n',
    'Unresolved alias (the anchor must be set before the alias): place',
  ],
  ['a key twice', 'port: 1\nport: 2\n', 'line 2: Map keys must be unique'],
];
t.test('R11: a file that was given by mistake is not repeated in the error', async (t) => {
  const long = 'x'.repeat(1000);
  for (const text of [`${long}: 1\n`, `tuning:\n  ${long}: 1\n`, `port: *${long}\n`]) {
    const problem = problemOf(text) ?? '';
    t.match(problem, /x{50}/);
    t.ok(problem.length < 350, problem);
  }
  t.match(problemOf(`"password=canary": 1\n`), 'unknown key "password=…"');
});

for (const [what, text, problem] of refused) {
  t.test(`refuses ${what}`, async (t) => {
    t.equal(problemOf(text), problem);
  });
}

t.test('refuses what is not YAML, with its line', async (t) => {
  t.match(problemOf('port: [1\n'), /^line \d+: /);
});
