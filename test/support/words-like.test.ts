import { inWords } from '@picket/shared/reasons/in-words.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { said } from './said.ts';
import { anyText, wordsLike } from './words-like.ts';

t.test('the words of a reason are found, whatever stands in the place of a fact', async (t) => {
  const like = wordsLike(reason('of_member', { member: 'm-1', why: said(anyText) }));
  t.match(`etcd (${inWords(reason('of_member', { member: 'm-1', why: said('so (or so)') }))})`, like);
  t.notMatch(inWords(reason('of_member', { member: 'm-2', why: said('so') })), like);
  t.match(inWords(said('a+b (c) [d].')), wordsLike(said('a+b (c) [d].')));
  t.notMatch('aab (c) [d]!', wordsLike(said('a+b (c) [d].')));
});
