import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { csrErrors, orderErrors, storeErrors } from '@picket/shared/contract/errors.ts';
import { eventTable } from '@picket/shared/events/table.ts';
import t, { type Test } from 'tap';
import { contractOf, contracts } from '../../packages/coordinator/test/support/contracts.ts';
import { errorCodesNotReached, errorsNotReached, eventKindsNotReached, type Reasons } from './not-reached.ts';
import { recordedFolder, textOf } from './recorded.ts';

const root = join(import.meta.dirname, '../..');
/** While transcripts are being written there is nothing to look through yet. */
const unlessRecording = { skip: process.env.PICKET_RECORD ? 'the transcripts are being recorded' : false };
const transcripts = globSync('{api,cli,desired-state}/**/*.txt', { cwd: recordedFolder })
  .map((name) => textOf(join(recordedFolder, name)))
  .join('\n');

/** Of what there is, each stands in a transcript or in the list of those that do not, and none in both. */
function covered(t: Test, there: Iterable<string>, seen: ReadonlySet<string>, notReached: Reasons<string>): void {
  const all = new Set(there);
  const listed = Object.values(notReached).flat();
  const missing = [...all].filter((name) => !seen.has(name) && !listed.includes(name));
  t.strictSame(missing, [], 'add it to the session of a transcript, or with its reason to test/golden/not-reached.ts');
  const needless = listed.filter((name) => seen.has(name) || !all.has(name));
  t.strictSame(needless, [], 'test/golden/not-reached.ts lists none that a transcript has, or that is gone');
}

t.test('each route is in a transcript, with a good answer', unlessRecording, (t) => {
  const routes = textOf(join(recordedFolder, 'api/routes.txt')).trim().split('\n');
  t.ok(routes.length > 40, 'there are routes');
  const asked = [...transcripts.matchAll(/^> ([A-Z]+ \/\S*) .*\n(?:> .*\n)*([23]\d\d)$/gm)].map(
    ([, line = '']) => line,
  );
  for (const route of routes) {
    const [method = '', path = ''] = route.split(' ');
    const pattern = new RegExp(`^${method} ${path.replaceAll('.', '\\.').replaceAll(/:\w+/g, '[^/? ]+')}(?:\\?.*)?$`);
    t.ok(
      asked.some((line) => pattern.test(line)),
      `${route}: add it to a session in test/golden`,
    );
  }
  t.end();
});

t.test('each error code of the coordinator is in a transcript, or listed with its reason', unlessRecording, (t) => {
  const sources = globSync('packages/coordinator/src/**/*.ts', { cwd: root })
    .map((file) => readFileSync(join(root, file), 'utf8'))
    .join('\n');
  const thrown = [...sources.matchAll(/\bfailure\(\s*(?:'(\w+)'|[^'()\n]*'?\w*'?[^'()\n]*\? '(\w+)' : '(\w+)')/g)];
  const codes = thrown.flatMap(([, ...names]) => names.filter((name) => name !== undefined));
  t.ok(new Set(codes).size > 90, 'the sources throw errors');
  const seen = new Set([...transcripts.matchAll(/\bcode"?: "(\w+)"/g)].map(([, code = '']) => code));
  covered(t, codes, seen, errorCodesNotReached);
  t.end();
});

t.test(
  'each error that a contract lists is in a transcript of its route, or listed with its reason',
  unlessRecording,
  (t) => {
    const refused =
      /^> ([A-Z]+) (\/\S*) .*\n(?:> .*\n)*[45]\d\d\n(?:\S.*\n)*?\{\s+"code": "(\w+)"|^([A-Z]+ \/\S*)$|^ {2}[a-z ]+: \d{3} (\w+)$/gm;
    const seen = new Set<string>();
    let route = '';
    for (const [, method, target = '', code, heading, briefly] of transcripts.matchAll(refused)) {
      if (heading !== undefined) route = heading;
      const asked = method === undefined ? undefined : contractOf(method, target)?.route;
      seen.add(briefly === undefined ? `${asked} ${code}` : `${route} ${briefly}`);
    }
    const elsewhere: readonly string[] = [
      ...Object.values(errorCodesNotReached).flat(),
      ...[...csrErrors, ...orderErrors, ...storeErrors],
    ];
    const listed = contracts.flatMap(({ route, errors = [] }) =>
      errors.flatMap((code) => (elsewhere.includes(code) ? [] : [`${route} ${code}`])),
    );
    t.ok(listed.length > 100, 'contracts list errors');
    covered(t, listed, seen, errorsNotReached);
    t.end();
  },
);

t.test('each kind of event is in a transcript, or listed with its reason', unlessRecording, (t) => {
  const seen = new Set([...transcripts.matchAll(/"kind": "([a-z-]+)"/g)].map(([, kind = '']) => kind));
  covered(t, Object.keys(eventTable).sort(), seen, eventKindsNotReached);
  t.end();
});
