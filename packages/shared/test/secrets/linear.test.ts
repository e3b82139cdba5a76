import t from 'tap';
import { workOf } from '../../../../test/support/work-of.ts';

const module = import.meta.resolve('../../src/secrets.ts');

const first = '-----BEGIN PRIVATE KEY-----';
const base64 = 'Ab1'.repeat(14);
const inLog = (name: string) => `{"msg":"rejected connection","server-name":"${name}","error":"EOF"}`;

/** What is said again and again. */
const pieces = [
  'word ',
  `${first}${base64}\n`,
  `${inLog(`${first}${base64}`)}\n`,
  `${first}${base64}"`,
  `\n${base64}${first}`,
  `\nA: ${first}`,
  `\\nA: ${first}`,
  `${first}\n`,
  `${first}\\`,
  'cookie:{',
  'cookie:[',
  'password={',
  'cookie:basic {',
  '--cookie -(',
  '--password -(',
  '"password":{',
  '"cookie":["',
  'value:"',
  'password=\\',
  '\\"password\\":\\"',
  'eyJ-',
  '://a@',
  '--user=a:',
  'bearer ',
];

t.test('R18: four times the text is at most about four times the work, whatever it repeats', async (t) => {
  const texts = pieces.flatMap((piece) => [piece.repeat(200), piece.repeat(800)]);
  const forms = {
    withoutSecrets: texts.map((text) => [text]),
    logWithoutSecrets: texts.map((text) => [text.split('\n'), text.length]),
  };
  for (const [name, calls] of Object.entries(forms)) {
    const work = await workOf({ module, name, calls });
    pieces.forEach((piece, index) => {
      const [short = 0, long = 0] = work.slice(2 * index);
      t.ok(short > 200 && long < 6 * short, `${name} of ${JSON.stringify(piece)}: ${short}, ${long}`);
    });
  }
});
