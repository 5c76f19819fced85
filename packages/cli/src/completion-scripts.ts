import { COMPLETE_FLAG } from './completion.js';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** What a shell has to read, so that Tab completes; where nothing is suggested it offers file names. */
export const completionScripts: Readonly<Record<Shell, (program: string) => string>> = {
  bash: (program) => `_galapagos() {
  local IFS=$'\\n'
  COMPREPLY=($(${program} ${COMPLETE_FLAG} "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o bashdefault -o default -F _galapagos galapagos`,
  zsh: (program) => `#compdef galapagos
_galapagos() {
  local -a found
  found=("\${(@f)$(${program} ${COMPLETE_FLAG} "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n "\${found[1]}" ]]; then compadd -V galapagos -a found; else _files; fi
}
compdef _galapagos galapagos`,
  fish: (program) =>
    `complete -c galapagos -a '(${program.replaceAll("'", "\\'")} ${COMPLETE_FLAG} (commandline -opc)[2..-1] (commandline -ct) 2>/dev/null)'`,
};
