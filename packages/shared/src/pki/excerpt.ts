/** Foreign text made fit for an error: control characters replaced, cut after 80 characters. */
export function excerpt(text: string): string {
  const cut = text.length > 80 ? `${text.slice(0, 80).toWellFormed()}…` : text.toWellFormed();
  return cut.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\uFFFD');
}
