import t from 'tap';
import { splitPem, toPem } from '../../src/pki/pem.ts';
import { refusal } from './support.ts';

const block = toPem('CERTIFICATE', Buffer.alloc(100, 7));

t.test('blocks come back with their labels, through CRLF and blank lines', async (t) => {
  const blocks = splitPem(`\n${block}\n${toPem('PRIVATE KEY', Buffer.of(1))}`.replaceAll('\n', '\r\n'), 'a file');
  t.same(
    blocks.map(({ label, der }) => [label, der.length]),
    [
      ['CERTIFICATE', 100],
      ['PRIVATE KEY', 1],
    ],
  );
});

const refused: Readonly<Record<string, readonly [string, RegExp]>> = {
  'text around the blocks': [`subject=CN\n${block}`, /line 1 is outside/],
  'a block cut short': [block.slice(0, 80), /cut short/],
  'a block inside another': [`-----BEGIN A-----\n${block}`, /line 2 begins a block inside another/],
  'an end that fits no begin': [block.replace('END CERTIFICATE', 'END OTHER'), /was not begun/],
  headers: [block.replace('\n', '\nProc-Type: 4,ENCRYPTED\n\n'), /is not base64/],
  'base64 with loose bits': ['-----BEGIN A-----\nAB==\n-----END A-----', /is not base64/],
  'an empty block': ['-----BEGIN A-----\n-----END A-----', /is not base64/],
};

for (const [what, [text, problem]] of Object.entries(refused)) {
  t.test(`${what}: refused, and told where`, async (t) => {
    t.match(
      refusal(() => splitPem(text, 'a file')),
      { code: 'pem_malformed', facts: { what: 'a file', problem } },
    );
  });
}
