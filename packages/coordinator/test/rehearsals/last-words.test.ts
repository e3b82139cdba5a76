import t from 'tap';
import { lastWords } from '../../src/rehearsals/last-words.ts';

t.test('a flag that a program refuses is its last word, and its usage is not', async (t) => {
  const refused = 'flag provided but not defined: -experimental-initial-corrupt-check';
  t.equal(lastWords([refused, 'Usage:', '', '  etcd [flags]', '    Start an etcd server.']), refused);
});

t.test('a fatal error in the log of etcd is shown in words', async (t) => {
  const fatal = '{"level":"fatal","ts":"2026-11-30T14:27:56Z","msg":"discovery failed","error":"walpb: crc mismatch"}';
  t.equal(lastWords(['{"level":"warn","msg":"before"}', fatal, 'a trace']), 'discovery failed: walpb: crc mismatch');
});
