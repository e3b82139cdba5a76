import t from 'tap';
import { decode } from '../../src/hosts/decode.ts';

t.test('UTF-8 is decoded without its byte order mark', async (t) => {
  t.equal(decode(Buffer.from('\ufeff主机')), '主机');
});

t.test('a text loses its byte order mark too', async (t) => {
  t.equal(decode('\ufeffa'), 'a');
});

const gbk = Buffer.from([0xd6, 0xf7, 0xbb, 0xfa]);
const refused: readonly (readonly [string, Buffer, string])[] = [
  [
    'GBK on its second line',
    Buffer.concat([Buffer.from('# a\n'), gbk]),
    'line 2 is not UTF-8 (it may be GBK or Windows-1252); save the file as UTF-8 (in a spreadsheet, "CSV UTF-8")',
  ],
  [
    'a character cut off at the end',
    Buffer.from('a\n主').subarray(0, -1),
    'line 2 is not UTF-8 (it may be GBK or Windows-1252); save the file as UTF-8 (in a spreadsheet, "CSV UTF-8")',
  ],
  [
    'UTF-16, little-endian',
    Buffer.from('\ufeffa,b', 'utf16le'),
    'it is UTF-16 text; save it as UTF-8 (in a spreadsheet, "CSV UTF-8")',
  ],
  [
    'UTF-16, big-endian',
    Buffer.from('\ufeffa,b', 'utf16le').swap16(),
    'it is UTF-16 text; save it as UTF-8 (in a spreadsheet, "CSV UTF-8")',
  ],
  [
    'a spreadsheet in its own format',
    Buffer.from('PK\u0003\u0004\0\0'),
    'it contains zero bytes, so it is not text; export the spreadsheet as "CSV UTF-8"',
  ],
  ['a large file', Buffer.alloc(65_537, 'a'), 'it is larger than 65536 bytes; check that it is the right file'],
  [
    'R11: a key, not repeated',
    Buffer.from('-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n'),
    'it contains a certificate or a key in PEM; give the host list instead',
  ],
];

for (const [what, file, problem] of refused) {
  t.test(`refused in words: ${what}`, async (t) => {
    t.throws(() => decode(file), { code: 'hosts_file_unreadable', details: { problem } });
  });
}
