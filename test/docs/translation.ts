import { basename, dirname, join } from 'node:path';
import { anchorsOf, codeSpan, linksOf, type Page, partsOf } from './markdown.ts';

/** The path of the English page of a translation; any other path as it is. */
export function englishOf(path: string): string {
  return path.replace(/\.zh-CN\.md$/, '.md');
}

/** Something on a page that a translation keeps. */
interface Item {
  readonly line: number;
  readonly what: string;
}

/** A heading and what follows it, up to the next heading. */
interface Section {
  readonly page: Page;
  /** Pages that links may lead to. */
  readonly pages: readonly Page[];
  readonly line: number;
  readonly level: number;
  readonly prose: string;
  readonly code: readonly Item[];
}

/** What both pages have, in the same order in each section. */
const kept: readonly {
  readonly name: string;
  readonly itemsOf: (section: Section) => readonly Item[];
  /** Whether a translation may have further ones: it may compare with another procedure. */
  readonly more: boolean;
}[] = [
  { name: 'line of code', itemsOf: ({ code }) => code, more: false },
  { name: 'version', itemsOf: versionsIn, more: false },
  { name: 'number', itemsOf: numbersIn, more: true },
  { name: 'link', itemsOf: linksIn, more: true },
];

/**
 * Where a translation differs from its English page in what it must keep. Each says the page, the line and what to do.
 * @param pages those that links may lead to
 */
export function differences(english: Page, translation: Page, pages = [english, translation]): string[] {
  const [from, to] = [sectionsOf(english, pages), sectionsOf(translation, pages)];
  const levels = [from, to].map((sections) => sections.map(({ level }) => level));
  const other = [...from, ...to].findIndex((_, index) => levels[0]?.[index] !== levels[1]?.[index]);
  if (other >= 0) {
    const here = `${translation.path}:${(to[other] ?? to.at(-1))?.line ?? 1}`;
    const there = `${english.path}:${(from[other] ?? from.at(-1))?.line ?? 1}`;
    return [`${here}: give this page the headings of the English one; they differ from here and from ${there} on`];
  }
  return from.flatMap((section, index) => {
    const counterpart = to[index];
    if (counterpart === undefined) return [];
    return [
      ...kept.flatMap((kind) => firstDifference(section, counterpart, kind)),
      ...missingSpans(section, counterpart),
    ];
  });
}

function firstDifference(from: Section, to: Section, { name, itemsOf, more }: (typeof kept)[number]): string[] {
  const found = [...itemsOf(to)];
  let last: { readonly line: number } = to;
  for (const item of itemsOf(from)) {
    if (more) while (found.length > 0 && found[0]?.what !== item.what) found.shift();
    const next = found.shift();
    if (next?.what === item.what) {
      last = next;
      continue;
    }
    const theirs = `${place(from, item)} has the ${name} ${quoted(item)}`;
    if (next === undefined) return [`${place(to, last)}: ${theirs}; write it in this line or below it too`];
    return [`${place(to, next)}: this page has ${quoted(next)} where ${theirs}; make them equal`];
  }
  const [extra] = more ? [] : found;
  if (extra === undefined) return [];
  return [`${place(to, extra)}: remove the ${name} ${quoted(extra)}, or write it in ${from.page.path} too`];
}

/** Sentences differ in order between languages, so spans may too. */
function missingSpans(from: Section, to: Section): string[] {
  const known = new Set(spansIn(to).map(({ what }) => what));
  return spansIn(from)
    .filter(({ what }) => !known.has(what))
    .map(
      (item) =>
        `${place(to, to)}: ${place(from, item)} has \`${item.what}\`; write it in the section that starts here too`,
    );
}

const place = ({ page }: Section, { line }: { readonly line: number }) => `${page.path}:${line}`;
const quoted = ({ what }: Item) => JSON.stringify(what);

function sectionsOf(page: Page, pages: readonly Page[]): Section[] {
  const prose = partsOf(page.text).prose.split('\n');
  const code = page.text
    .split('\n')
    .map((text, index) => ({ line: index + 1, what: prose[index] === '' ? withoutComment(text) : '' }));
  const starts = prose.flatMap((text, index) => (/^#{1,6} /.test(text) ? [index] : []));
  return starts.map((start, index) => ({
    page,
    pages,
    line: start + 1,
    level: prose[start]?.indexOf(' ') ?? 0,
    prose: prose.slice(start, starts[index + 1]).join('\n'),
    code: code.slice(start, starts[index + 1]).filter(({ what }) => what !== ''),
  }));
}

/** Comments are translated. */
function withoutComment(line: string): string {
  return line.replace(/ {2,}# .*$/, '');
}

function versionsIn({ line, prose }: Section): Item[] {
  return itemsIn(line, prose, /(etcd|Node(?:\.js)?|Alpine|Debian|k3s|Picket)[ (（]+(\d+(?:\.\d+)*)(?![\d.]* [MG]B)/g);
}

/** Numbers that are no part of a name, such as x-k3s-m-1 or x86-64, or of a target. */
function numbersIn({ line, prose }: Section): Item[] {
  return itemsIn(line, prose.replaceAll(/\]\([^)\n]*\)/g, ''), /(?<![\w.-])(\d+(?:\.\d+)*)(?![a-z\d])/gi);
}

function spansIn({ line, prose }: Section): Item[] {
  return itemsIn(line, prose, codeSpan);
}

/** The groups of each match, with the line where it starts. */
function itemsIn(line: number, text: string, pattern: RegExp): Item[] {
  return [...text.matchAll(pattern)].map((match) => ({
    line: line + text.slice(0, match.index).split('\n').length - 1,
    what: match.slice(1).join(' ').replaceAll(/\s+/g, ' '),
  }));
}

/** Where links lead, without those from an English page to translations. */
function linksIn(section: Section): Item[] {
  const isTranslation = section.page.path !== englishOf(section.page.path);
  return section.prose.split('\n').flatMap((text, index) =>
    linksOf(text)
      .filter((target) => isTranslation || fileOf(target) === englishOf(fileOf(target)))
      .map((target) => ({ line: section.line + index, what: englishTarget(target, section) })),
  );
}

/** A target as an English page writes it: the anchors of a translation are in its own language. */
function englishTarget(target: string, { page, pages }: Section): string {
  const file = fileOf(target);
  if (file === target) return englishOf(target);
  const path = pathOf(target, page);
  const [here, there] = [path, englishOf(path)].map((wanted) => [
    ...anchorsOf(pages.find((candidate) => candidate.path === wanted)?.text ?? ''),
  ]);
  const anchor = decodeURIComponent(target.slice(file.length + 1));
  return `${englishOf(file)}#${there?.[here?.indexOf(anchor) ?? -1] ?? anchor}`;
}

/** Links of a translation to an English page that has a translation, other than the link to its own. */
export function linksToEnglish(translation: Page, pages: readonly Page[]): string[] {
  const translated = new Set(pages.filter(({ path }) => path !== englishOf(path)).map(({ path }) => englishOf(path)));
  return linksOf(translation.text)
    .filter((target) => translated.has(pathOf(target, translation)) && target !== basename(englishOf(translation.path)))
    .map((target) => `${translation.path}: link to the translation of ${target}`);
}

function fileOf(target: string): string {
  return target.replace(/#.*/, '');
}

function pathOf(target: string, page: Page): string {
  const file = fileOf(target);
  return file === '' ? page.path : join(dirname(page.path), file);
}
