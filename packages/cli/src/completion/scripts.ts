/** The shells for which there is a script. */
export const shells = ['bash', 'zsh', 'fish'] as const;
export type ShellName = (typeof shells)[number];

// Each asks `picket complete`, whose lines are `WORD ABOUT`. None lets the shell expand a word. A word that ends in `=` goes on.
const bash = `# Completes the commands, options and names of picket. Made by \`picket completion bash\`.
_picket() {
  local line words=("\${COMP_WORDS[@]:1:COMP_CWORD}")
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ $line == :files ]]; then
      compopt -o default
      return
    fi
    COMPREPLY+=("\${line%% *}")
  done < <(picket complete -- "\${words[@]}" 2>/dev/null)
  if [[ \${#COMPREPLY[@]} -eq 1 && \${COMPREPLY[0]} == *= ]]; then
    compopt -o nospace
  fi
}
complete -F _picket picket
`;

const zsh = `#compdef picket
# Completes the commands, options and names of picket. Made by \`picket completion zsh\`.
_picket() {
  local line about
  local -a lines whole open
  lines=("\${(@f)$(picket complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  for line in "\${lines[@]}"; do
    [[ -n $line ]] || continue
    if [[ $line == :files ]]; then
      _files
      return
    fi
    about=
    [[ $line == *" "* ]] && about=":\${line#* }"
    line=\${line%% *}
    if [[ $line == *= ]]; then
      open+=("$line$about")
    else
      whole+=("$line$about")
    fi
  done
  _describe -t words picket whole -- open -S ""
}
if [[ \${funcstack[1]-} == _picket ]]; then
  _picket "$@"
else
  compdef _picket picket
fi
`;

const fish = `# Completes the commands, options and names of picket. Made by \`picket completion fish\`.
function __picket_complete
    set -l words (commandline -opc)
    set -l typed (commandline -ct)
    set -e words[1]
    set -l lines (picket complete -- $words "$typed" 2>/dev/null)
    if test "$lines[1]" = :files
        __fish_complete_path "$typed"
        return
    end
    string replace ' ' \\t -- $lines
end
complete -c picket -f -a '(__picket_complete)'
`;

/** The script that makes a shell complete the words of `picket`. */
export const completionScripts: Readonly<Record<ShellName, string>> = { bash, zsh, fish };
