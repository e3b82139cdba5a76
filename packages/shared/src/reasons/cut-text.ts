/** Text of at most `most` UTF-16 units; `…` stands at the end of one that was longer. */
export function cutText(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1).toWellFormed()}…`;
}
