import t from 'tap';
import { lastWords } from '../../src/rehearsals/last-words.ts';

t.test('a flag that a program refuses is its last word, and its usage is not', async (t) => {
  const refused = 'flag provided but not defined: -experimental-initial-corrupt-check';
  t.equal(lastWords([refused, 'Usage:', '', '  etcd [flags]', '    Start an etcd server.']), refused);
});
