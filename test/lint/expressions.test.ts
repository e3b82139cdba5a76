import { writeFileSync } from 'node:fs';
import t from 'tap';
import { expressionsIn } from './expressions-in-source.ts';
import { expressionsOfPrograms, linearFile, recordedLinear } from './expressions-of-programs.ts';
import { problemOfExpression } from './judge-expression.ts';

const isRecording = process.env.PICKET_RECORD === '1';

t.test('R18: no regular expression of a program takes longer than linear time', (t) => {
  const all = expressionsOfPrograms();
  t.ok(all.size > 200, 'they are found');
  // test/long judges all of them.
  const known = isRecording ? new Set<string>() : recordedLinear();
  const found = [...all].map(([written, one]) => {
    const problem = known.has(written) ? null : problemOfExpression(one);
    t.equal(problem, null, `${written} in ${one.file}`);
    return { written, problem };
  });
  const linear = found.filter(({ problem }) => problem === null).map(({ written }) => written);
  if (isRecording) writeFileSync(linearFile, `${JSON.stringify(linear.sort(), null, 2)}\n`);
  t.end();
});

t.test('an expression that takes longer is found, wherever it is written', (t) => {
  const sources: Readonly<Record<string, string>> = {
    'a literal': 'export const found = (text: string) => /\\s+$/.test(text);',
    'a repetition with a high bound': 'export const token = /\\beyJ[\\w-]{8,2000}\\.[\\w-]{0,4000}/g;',
    'one that is put together': `const word = '\\\\w+'; export const of = (key: string) => new RegExp(\`\${word}\${word}:\${key}\`);`,
    'the pattern of a schema': 'export const Name = Type.String({ pattern: "^(a+)+$" });',
    'one that looks back': 'export const after = /(?<=x)a*a*b/;',
  };
  for (const [what, source] of Object.entries(sources)) {
    const expressions = expressionsIn('a.ts', source);
    t.equal(expressions.length, 1, what);
    for (const one of expressions) t.match(problemOfExpression(one), /^takes longer than linear time/, what);
  }
  const linear = expressionsIn('a.ts', 'export const found = /^(?:a{1,200}b)+$/u.exec("");');
  t.same(linear.map(problemOfExpression), [null]);
  t.throws(() => expressionsIn('a.ts', 'export const any = (text: string) => new RegExp(text);'), /not in this file/);
  t.end();
});
