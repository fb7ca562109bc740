/** What `help` prints inside the shell. */
export const HELP = `raftctl's commands without the word raftctl:
  cluster status        who leads, who is down, how far behind
  node kill n1          every node command, on the cluster in use
  help cluster up       explain a command

RESP commands, sent to the cluster in use:
  SET a 1               any case, as long as raftctl has no such command
  CONFIG GET *          capitals always mean the cluster

The shell's own:
  use NAME              another context or cluster, or HOST:PORT,... of nodes
  history               what was typed before; a line that begins with a blank is forgotten
  exit                  leave; so does Ctrl-D. Ctrl-C cancels the line
`;
