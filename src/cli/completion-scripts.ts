/** What `raftctl completion SHELL` prints: each script asks `raftctl __complete` at every Tab. */

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type ShellName = (typeof SHELLS)[number];

const BASH = `# raftctl completion for bash. To have it always, add to ~/.bashrc:
#   eval "$(raftctl completion bash)"
_raftctl() {
  local line word
  local -a words=("\${COMP_WORDS[@]:1:COMP_CWORD}")
  COMPREPLY=()
  # bash takes = for a word of its own, and what stands behind it for the next.
  [[ \${words[-1]} == "=" ]] && words+=("")
  while IFS= read -r line; do
    if [[ $line == ":files" ]]; then
      compopt -o default 2>/dev/null
      continue
    fi
    word="\${line%%$'\\t'*}"
    COMPREPLY+=("$(printf '%q' "$word")")
  done < <("\${COMP_WORDS[0]}" __complete "\${words[@]}" 2>/dev/null)
}
complete -F _raftctl raftctl
`;

const ZSH = `#compdef raftctl
# raftctl completion for zsh. To have it always, add to ~/.zshrc (after compinit):
#   eval "$(raftctl completion zsh)"
_raftctl() {
  local line
  local -a plain described
  local files=0
  while IFS= read -r line; do
    if [[ $line == ":files" ]]; then
      files=1
    elif [[ $line == *$'\\t'* ]]; then
      described+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
    else
      plain+=("$line")
    fi
  done < <("\${words[1]}" __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)
  (( \${#described} )) && _describe 'raftctl' described
  (( \${#plain} )) && compadd -- "\${plain[@]}"
  (( files )) && _files
  return 0
}
if [[ $funcstack[1] == _raftctl ]]; then
  _raftctl "$@"
else
  compdef _raftctl raftctl
fi
`;

const FISH = `# raftctl completion for fish. To have it always:
#   raftctl completion fish > ~/.config/fish/completions/raftctl.fish
function __raftctl_complete
  set -l words (commandline -opc) (commandline -ct)
  for line in ($words[1] __complete $words[2..-1] 2>/dev/null)
    if test "$line" = ":files"
      __fish_complete_path (commandline -ct)
    else
      echo $line
    end
  end
end
complete -c raftctl -f -a '(__raftctl_complete)'
`;

const SCRIPTS: Readonly<Record<ShellName, string>> = { bash: BASH, zsh: ZSH, fish: FISH };

export function completionScript(shell: ShellName): string {
  return SCRIPTS[shell];
}
