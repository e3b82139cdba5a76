import t from 'tap';
import { happening } from '../../src/events/event.ts';
import { eventInWords } from '../../src/events/in-words.ts';
import { reason } from '../../src/reasons/reason.ts';

t.test('an event is put into words, with the reason in it', async (t) => {
  const why = reason('silent', { seconds: 40 });
  t.equal(
    eventInWords(happening('record-unfit', { member: 'x-k3s-m-2', reason: why })),
    'x-k3s-m-2 will not be promoted: its agent has not reported for 40 s',
  );
});

t.test('an event of another version is shown as its kind', async (t) => {
  t.equal(eventInWords({ kind: 'not-known-yet', facts: {} }), 'not-known-yet');
});

t.test('an operator has one form in all events, whether by name or by the URI of the certificate', async (t) => {
  const id = 'abcdefgh';
  for (const by of ['urn:picket:operator:ada', 'operator ada'])
    t.equal(eventInWords(happening('token-revoked', { by, id })), 'operator ada revoked the join token abcdefgh.');
});

t.test('a release that was added or removed is named with its programs', async (t) => {
  const facts = { by: 'operator ada', architecture: 'arm64', version: '3.5.33', sha256: 'abc' };
  const programs = ['etcd', 'etcdctl', 'etcdutl'];
  const says = (done: 'added' | 'removed') => eventInWords(happening('release', { ...facts, done, programs }));
  t.equal(says('added'), 'operator ada added etcd, etcdctl, etcdutl 3.5.33 for arm64 (abc)');
  t.equal(says('removed'), 'operator ada removed etcd, etcdctl, etcdutl 3.5.33 for arm64 (abc)');
  t.match(eventInWords({ kind: 'release', facts: { ...facts, done: 'added' } }), 'added etcdutl 3.5.33');
});

t.test('R19: a permit that was used is not called withdrawn', async (t) => {
  const ends = (why: 'needs_no_restart' | 'node_evicted') =>
    eventInWords(happening('withdraw-permit', { member: 'x-k3s-m-2', reason: reason(why) }));
  t.equal(ends('needs_no_restart'), 'x-k3s-m-2 needs no restart any more, so its permit ends');
  t.equal(ends('node_evicted'), 'the permit of x-k3s-m-2 is withdrawn: its node was evicted');
});
