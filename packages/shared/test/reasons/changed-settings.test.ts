import { changedInWords, changedOf } from '@picket/shared/reasons/changed-settings.ts';
import { inWords } from '@picket/shared/reasons/in-words.ts';
import { type AnyReason, reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';

t.test('what a rollout changes is named', async (t) => {
  t.equal(changedInWords(changedOf({ conf: true, binary: false })), 'conf.yml');
  t.equal(changedInWords(changedOf({ conf: false, binary: true })), 'etcd binary');
  t.equal(changedInWords(changedOf({ conf: true, binary: true })), 'conf.yml and etcd binary');
  t.match(inWords(reason('conf_to_serve', { changed: 'binary' })), 'its new etcd binary');
});

t.test('an agent from before changed conf.yml alone', async (t) => {
  t.match(inWords({ code: 'conf_to_serve', facts: {} } as AnyReason), 'its new conf.yml');
});
