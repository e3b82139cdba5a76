import { readdirSync, readFileSync } from 'node:fs';
import t from 'tap';
import { type MemberFacts, memberConfig, peerUrl } from '../../src/etcd-config/member-config.ts';
import { parse } from '../../src/etcd-config/parse.ts';
import { render } from '../../src/etcd-config/render.ts';
import { validate } from '../../src/etcd-config/validate.ts';

const golden = new URL('golden/', import.meta.url);

for (const name of readdirSync(golden)) {
  const facts = JSON.parse(readFileSync(new URL(`${name}/in.json`, golden), 'utf8')) as MemberFacts;
  const want = readFileSync(new URL(`${name}/want.yml`, golden), 'utf8');

  t.test(`golden ${name}: in.json gives want.yml`, async (t) => {
    t.equal(render(memberConfig(facts)), want);
  });

  t.test(`golden ${name}: what is built is valid`, async (t) => {
    t.doesNotThrow(() => validate(memberConfig(facts)));
  });

  t.test(`golden ${name}: want.yml is read back as what was built`, async (t) => {
    t.strictSame(parse(want), memberConfig(facts));
  });
}

t.test('a member without a name cannot be advertised by name', async (t) => {
  t.throws(() => peerUrl({ address: '192.168.7.11', advertise: 'name' }), {
    code: 'etcd_config_invalid',
    details: {
      problems:
        'the member at 192.168.7.11 should be advertised by name but has none; give the cluster a domain, or advertise addresses',
    },
  });
});
