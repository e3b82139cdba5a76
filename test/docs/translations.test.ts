import { basename } from 'node:path';
import t from 'tap';
import { linksOf, type Page, pages } from './markdown.ts';
import { differences, englishOf, linksToEnglish } from './translation.ts';

const all = pages();
const translations = all.filter(({ path }) => path !== englishOf(path));

t.test('each Chinese page has the commands, versions and links of its English page', (t) => {
  t.strictSame(translations.map(({ path }) => path).sort(), [
    'README.zh-CN.md',
    'docs/explanation/glossary.zh-CN.md',
    'docs/how-to/connect-k3s.zh-CN.md',
    'docs/how-to/install-a-node.zh-CN.md',
    'docs/how-to/install-the-coordinator.zh-CN.md',
    'docs/how-to/troubleshoot.zh-CN.md',
    'docs/tutorial.zh-CN.md',
  ]);
  for (const translation of translations) {
    const english = all.find(({ path }) => path === englishOf(translation.path));
    if (english === undefined) throw new Error(`${translation.path} has no English page`);
    t.strictSame(differences(english, translation, all), []);
    t.strictSame(linksToEnglish(translation, all), []);
    t.ok(linksOf(translation.text).includes(basename(english.path)), `${translation.path} links to its English page`);
    t.ok(linksOf(english.text).includes(basename(translation.path)), `${english.path} links to its Chinese page`);
  }
  t.end();
});

t.test('a difference is found, and the message names the page, the line and what to do', (t) => {
  const english = page('a.md', [
    '# Title',
    'You need etcd 3.5.16, Debian (13) and 512 MB. Run `picket status`. [More](#more), [b](b.md).',
    '```sh',
    'npm run demo   # a demo',
    'npm test',
    '```',
    '## More',
  ]);
  const same = [
    '# 标题',
    '[English](a.md)。需要 etcd 3.5.16、Debian（13）和 512 MB，共 3 台。运行 `picket status`。[更多](#更多)、[乙](b.zh-CN.md)。',
    '```sh',
    'npm run demo   # 演示',
    'npm test',
    '```',
    '## 更多',
  ];
  t.strictSame(differences(english, page('a.zh-CN.md', same)), []);

  for (const [from, to, message] of [
    [
      'npm test',
      'npm tests',
      'a.zh-CN.md:5: this page has "npm tests" where a.md:5 has the line of code "npm test"; make them equal',
    ],
    ['npm test', '', 'a.zh-CN.md:6: this page has "```" where a.md:5 has the line of code "npm test"; make them equal'],
    ['## 更多', '```\nnpm start\n```\n## 更多', 'a.zh-CN.md:7: remove the line of code "```", or write it in a.md too'],
    [
      'etcd 3.5.16',
      'etcd 3.5.30',
      'a.zh-CN.md:2: this page has "etcd 3.5.30" where a.md:2 has the version "etcd 3.5.16"; make them equal',
    ],
    [
      'Debian（13）',
      'Debian',
      'a.zh-CN.md:2: a.md:2 has the version "Debian 13"; write it in this line or below it too',
    ],
    ['512', '256', 'a.zh-CN.md:2: a.md:2 has the number "512"; write it in this line or below it too'],
    ['b.zh-CN.md', 'c.md', 'a.zh-CN.md:2: a.md:2 has the link "b.md"; write it in this line or below it too'],
    ['#更多', '#标题', 'a.zh-CN.md:1: a.md:2 has the link "#more"; write it in this line or below it too'],
    [
      '`picket status`',
      '`picket`',
      'a.zh-CN.md:1: a.md:2 has `picket status`; write it in the section that starts here too',
    ],
    [
      '## 更多',
      '### 更多',
      'a.zh-CN.md:7: give this page the headings of the English one; they differ from here and from a.md:7 on',
    ],
  ] as const) {
    const changed = page('a.zh-CN.md', [same.join('\n').replace(from, to)]);
    t.ok(differences(english, changed).includes(message), { found: differences(english, changed), message });
  }
  t.end();
});

t.test('a link to a heading of another page leads to the same heading of its translation', (t) => {
  const english = page('a.md', ['# Title', '[b](c/b.md#two)']);
  const others = [page('c/b.md', ['# B', '## One', '## Two']), page('c/b.zh-CN.md', ['# 乙', '## 一', '## 二'])];
  const linking = (target: string) => page('a.zh-CN.md', ['# 标题', `[English](a.md) [乙](${target})`]);
  const found = (target: string) => differences(english, linking(target), [english, ...others]);
  t.strictSame(found('c/b.zh-CN.md#二'), []);
  t.strictSame(found('c/b.zh-CN.md#一'), [
    'a.zh-CN.md:1: a.md:2 has the link "c/b.md#two"; write it in this line or below it too',
  ]);
  t.strictSame(linksToEnglish(linking('c/b.zh-CN.md#二'), [english, linking(''), ...others]), []);
  t.strictSame(linksToEnglish(linking('c/b.md#two'), [english, linking(''), ...others]), [
    'a.zh-CN.md: link to the translation of c/b.md#two',
  ]);
  t.end();
});

function page(path: string, lines: readonly string[]): Page {
  return { path, text: `${lines.join('\n')}\n` };
}
