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
