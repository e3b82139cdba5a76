import { failure } from '@picket/shared/errors.ts';
import { happening } from '@picket/shared/events/event.ts';
import { eventInWords } from '@picket/shared/events/in-words.ts';
import { inWords } from '@picket/shared/reasons/in-words.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { asAgentPrints } from '../support/printed-error.ts';
import { said } from '../support/said.ts';
import { errorsAsCodes, sayCodes } from './codes-for-words.ts';
import { withoutWords } from './without-words.ts';

// Made before the tables of this process make codes.
const notJoined = asAgentPrints(failure('not_joined', { path: '/state' })).replaceAll(/^(?=.)/gm, '! ');
sayCodes();

const silent = (seconds: number) => reason('of_member', { member: 'm-1', why: reason('silent', { seconds }) });

t.test('a reason is its code and its facts, with the reasons among them', async (t) => {
  t.equal(inWords(reason('no_voter_serves')), '‹no_voter_serves›');
  t.equal(inWords(silent(40)), '‹of_member member=m-1 why=‹silent seconds=40››');
  const lists = { name: 'm-1', members: ['m-2', 'm-3'], incarnation: { at: null } };
  t.equal(
    inWords({ code: 'only_voter', facts: lists }),
    '‹only_voter incarnation={at=null} members=[m-2, m-3] name=m-1›',
  );
});

t.test('another code, another fact, a reason less and another order are another text', async (t) => {
  const waits = [silent(40), said('so')] as const;
  const others = [[silent(41), waits[1]], [reason('only_voter'), waits[1]], [waits[0]], [waits[1], waits[0]]] as const;
  const text = waits.map(inWords).join('\n');
  for (const other of others) t.not(other.map(inWords).join('\n'), text);
});

t.test('facts of which no words can be made are shown as without this', async (t) => {
  t.equal(inWords({ code: 'of_member', facts: { member: 'm-1', why: null } }), 'of_member');
  t.equal(inWords({ code: 'of_tomorrow', facts: {} }), 'of_tomorrow');
});

t.test('so is an event, and an error with its hint', async (t) => {
  t.equal(eventInWords(happening('record-caught-up', { member: 'm-1' })), '‹record-caught-up member=m-1›');
  const error = failure('reset_refused', { cluster: 'x-k3s', reason: reason('second_voter_possible') });
  t.strictSame(error.toWire(), {
    code: 'reset_refused',
    message: '‹reset_refused cluster=x-k3s reason=‹second_voter_possible››',
    hint: '‹hint of reset_refused›',
    details: { cluster: 'x-k3s', reason: '‹second_voter_possible›' },
  });
});

t.test('an error that another program printed is shown in the same way', async (t) => {
  t.equal(
    errorsAsCodes(`$ picket-agent run\n${notJoined}exit status 1\n`),
    '$ picket-agent run\n! error: ‹not_joined path=/state›\n! hint: ‹hint of not_joined› (not_joined)\nexit status 1\n',
  );
  const usage = "! error: unknown command 'x'\n! Usage: picket-agent\n";
  t.equal(errorsAsCodes(usage), usage);
});

t.test('an answer is shown without the words of its codes, and with any others', async (t) => {
  const [wait, event] = [silent(40), happening('record-caught-up', { member: 'm-1' })];
  const error = failure('reset_refused', { cluster: 'x-k3s', reason: reason('second_voter_possible') }).toWire();
  const { code, details } = error;
  t.strictSame(
    withoutWords([{ ...wait, message: inWords(wait) }, { ...event, message: eventInWords(event) }, { error }]),
    [wait, event, { error: { code, details } }],
  );
  const otherWait = { ...wait, message: inWords(silent(41)) };
  const otherEvent = { ...event, message: inWords(wait) };
  t.strictSame(withoutWords([otherWait, otherEvent]), [otherWait, otherEvent]);
  t.strictSame(withoutWords({ ...error, message: 'No.' }), { code, message: 'No.', details });
  t.strictSame(withoutWords({ ...error, hint: 'Try again.' }), { code, hint: 'Try again.', details });
});
