import { SHELLS, completionScripts } from '../completion-scripts.js';
import { defineCommand } from '../command.js';
import { quote } from '../format.js';
import { PROGRAM_FILE } from '../program.js';

export const completionCommand = defineCommand({
  name: 'completion',
  describe: 'Print what a shell has to read, so that Tab completes verbs, options and individuals',
  positionals: {
    shell: { describe: 'Your shell', choices: SHELLS, default: 'bash', type: 'string' },
  },
  options: {},
  examples: [
    ['completion bash >> ~/.bashrc', 'in every new shell'],
    ['completion zsh >> ~/.zshrc', 'the same, behind compinit'],
    ['completion fish > ~/.config/fish/completions/galapagos.fish', 'the same'],
  ],
  run: ({ shell }, terminal) => {
    // Where the environment names an experiment, what was left out has no default.
    const asked = SHELLS.find((name) => name === shell) ?? 'bash';
    terminal.out(completionScripts[asked](`${quote(process.execPath)} ${quote(PROGRAM_FILE)}`));
    return Promise.resolve(0);
  },
});
