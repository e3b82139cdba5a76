import t from 'tap';
import { canonicalSans, type San } from '../../src/pki/san.ts';
import { refusal } from './support.ts';

t.test('names stand in one form, each once', async (t) => {
  const given: San[] = [
    { type: 'dns', value: 'Etcd.Edge.Huatai.Me' },
    { type: 'ip', value: '2001:DB8:0:0::1' },
    { type: 'ip', value: '2001:db8::1' },
    { type: 'dns', value: 'etcd.edge.huatai.me' },
  ];
  t.same(canonicalSans(given), [
    { type: 'dns', value: 'etcd.edge.huatai.me' },
    { type: 'ip', value: '2001:db8::1' },
  ]);
});

const refused: readonly San[] = [
  { type: 'dns', value: '' },
  { type: 'dns', value: '192.168.7.11' },
  { type: 'dns', value: '*.edge.huatai.me' },
  { type: 'dns', value: 'under_score.example' },
  { type: 'dns', value: 'etcd.example.' },
  { type: 'dns', value: 'a\u0000.example' },
  { type: 'dns', value: 'мир.example' },
  { type: 'dns', value: `${'a'.repeat(64)}.example` },
  { type: 'dns', value: `${'a.'.repeat(126)}ab` },
  { type: 'ip', value: '192.168.7' },
  { type: 'ip', value: '192.168.7.011' },
  { type: 'ip', value: 'fe80::1%eth0' },
  { type: 'ip', value: '10.0.0.0/8' },
  { type: 'uri', value: 'urn:picket:node:a b' },
  { type: 'uri', value: 'no-scheme' },
  { type: 'uri', value: 'https://bad_host/' },
  { type: 'uri', value: 'https://user@host/' },
];

for (const san of refused) {
  t.test(`a ${san.type} name of ${JSON.stringify(san.value).slice(0, 40)} is refused`, async (t) => {
    t.equal(refusal(() => canonicalSans([san])).code, 'name_invalid');
  });
}

t.test('an address given as a DNS name is recognised', async (t) => {
  const error = refusal(() => canonicalSans([{ type: 'dns', value: '10.0.0.1' }]));
  t.match(error, { code: 'name_invalid', facts: { problem: /the last of them not a number/ } });
});
