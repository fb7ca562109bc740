/** What `raftctl cheat` prints: tasks, and the lines that do them. Tests parse every line. */

export interface Recipe {
  /** As it is typed. */
  readonly line: string;
  readonly does: string;
}

export interface CheatTopic {
  readonly name: string;
  readonly about: string;
  readonly recipes: readonly Recipe[];
}

/** Pairs of a line and what it does, as they are easiest to read. */
function topic(name: string, about: string, lines: readonly [string, string][]): CheatTopic {
  return { name, about, recipes: lines.map(([line, does]) => ({ line, does })) };
}

export const CHEAT_SHEET: readonly CheatTopic[] = [
  topic('start', 'Clusters: make one, change it, end it', [
    ['raftctl demo', 'a cluster under load survives the kill of its leader'],
    ['raftctl cluster up demo -n 3 --detach', 'three nodes that stay'],
    ['raftctl cluster up fast -f local-5 --leases --detach', 'five nodes, reads by lease'],
    ['raftctl cluster up safe --tls --port-base 15000 --detach', 'with certificates and tokens'],
    ['raftctl cluster wait demo --for healthy --timeout 10s', 'for scripts: 0, or 4 in time'],
    ['raftctl kv set greeting hello --cluster demo', 'write a key; kv get reads it'],
    ['raftctl cluster scale demo --to 5', 'two members more, caught up before they vote'],
    ['raftctl context set demo --cluster demo', 'mean it from now on; context use goes elsewhere'],
    ['raftctl cluster down demo', 'stop; cluster up starts it again with its data'],
    ['raftctl cluster destroy demo --confirm demo', 'remove it with all data'],
  ]),
  topic('look', 'What a cluster does, and why', [
    ['raftctl top demo', 'live dashboard; ? shows its keys'],
    ['raftctl cluster status demo --watch', 'the table of nodes, again and again'],
    ['raftctl cluster health demo --format nagios', 'for monitoring; also prometheus, junit'],
    ['raftctl cluster doctor demo --duration 10s', 'what is wrong, with evidence and the way out'],
    ['raftctl elections list --cluster demo', 'who led when, and why it ended'],
    ['raftctl elections explain 12 --cluster demo', 'who voted how in term 12, and why'],
    ['raftctl trace --cluster demo', 'one write through the quorum, as a waterfall'],
    ['raftctl node logs n1 --cluster demo --lines 100', 'what a node said'],
    ['raftctl member list --cluster demo', 'voters, learners, how many failures it survives'],
    ['raftctl log dump ./n1 --json', 'the log of a stopped node, entry by entry'],
  ]),
  topic('load', 'Measure, keep, compare', [
    ['raftctl bench --cluster demo -d 30s', 'closed loop, as fast as it goes'],
    ['raftctl bench -R 2000 -d 60s --slo "p99<10ms"', 'open loop; exit 6 when it is missed'],
    ["raftctl bench knee --slo 'p99<10ms'", 'the highest rate that holds, with its curve'],
    ['raftctl bench --phases --ratio 1:0', "where the servers' time went, as a waterfall"],
    ['raftctl bench --ratio 1:9 --key-pattern zipf -c 100', 'a write to nine reads, hot keys'],
    ['raftctl bench --workload b --duration 30s', 'a workload of YCSB'],
    ['raftctl bench --target resp://127.0.0.1:6379 -n 100000', 'the same load on a Redis'],
    ['raftctl bench --repeat 5 --tag before', 'a series to compare with; later --tag after'],
    ['raftctl bench compare before after', 'is it worse? exit 8 when it is'],
    ['raftctl bench report before after --html bench.html', 'one page, no network needed'],
    ['raftctl bench matrix ./matrix.toml', 'every combination of some parameters'],
    ['raftctl bench export last --csv', 'tables for a spreadsheet'],
    ['raftctl bench rerun last', 'the same again'],
  ]),
  topic('break', 'Failures, on purpose', [
    ['raftctl node kill n1 --cluster demo', 'kill -9; node start brings it back'],
    ['raftctl node pause n2 --cluster demo', 'silent, not dead; node resume ends it'],
    ['raftctl node stop n3 --no-transfer', 'an orderly end that hands nothing over'],
    ['raftctl leader transfer n2', 'hand leadership to n2; writes wait for milliseconds'],
    ['raftctl leader step-down', 'to whoever is best'],
    ['raftctl node restart n1 n2 n3', 'one after the other, the cluster serves'],
    ['raftctl member remove n3 --dry-run', 'what would be left, before it is done'],
    ['raftctl cluster watch demo --safety --no-freeze', 'exit 9 when a promise is broken'],
  ]),
  topic('prove', 'Is it right? By history and by simulation', [
    ['raftctl bench --verify -d 10s', 'read back what was acknowledged; exit 9 if it is gone'],
    ['raftctl bench --history history.jsonl -d 10s', 'write down what some clients saw'],
    ['raftctl check linearizability history.jsonl', 'judge it; exit 9 when no order explains it'],
    ['raftctl check linearizability history.edn --html fault.html', "Jepsen's, with a drawing"],
    ['raftctl sim --seeds 1..100 --workers 2', 'whole clusters from seeds, with all faults'],
    ['raftctl sim --seed 4711', 'one of them again, the same to the last message'],
    ['raftctl sim --seeds 100 --mutate M13', 'plant a bug: it must be found'],
    ['raftctl sim shrink --seed 2 --mutate M24 --out plan.json', 'a failure as a short plan'],
    ['raftctl sim --plan plan.json', 'run the plan'],
  ]),
  topic('profile', 'Where time and memory go', [
    ['raftctl profile cpu --all -d 10s --cluster demo', 'all nodes from one moment'],
    ['raftctl profile top n1.cpuprofile', 'hot functions, as text'],
    ['raftctl profile flame n1.cpuprofile', 'a flame graph in one HTML file'],
    ['raftctl profile diff before.cpuprofile after.cpuprofile', 'what got slower'],
    ['raftctl profile allocs n1 -d 10s', 'who makes the garbage'],
    ['raftctl profile heap n1 -d 10s', 'what lives on'],
    ['raftctl profile snapshot n2', 'the whole heap of a follower, for DevTools'],
    ['raftctl monit --cluster demo --every 1s --output usage.csv', 'processor, memory, disk, net'],
  ]),
  topic('older', 'Programs of older systems, by their own command lines', [
    ['raftctl as', 'which there are'],
    ['raftctl as hraftd -id node0 ./node0', 'hraftd: HTTP, and its Redis fork: hraftd-redis'],
    ['raftctl as kvstore -id node0 -hjoin :13000', "raft-demo's store; loggers, chatroom as well"],
    ['raftctl as loadgen -clients 4 -time 60 -key 1000000 -data 1', 'its load generator'],
    ['raftctl cluster up --procfile Procfile', 'the processes of a Procfile'],
    ['raftctl inspect md_1.dat', 'what goraft or raft-demo left on disk'],
    ['raftctl experiment run thesis --output results', "raft-demo's thesis, measured again"],
    ['raftctl deploy raft-demo --all --output manifests', 'its programs as pods'],
  ]),
  topic('recover', 'When something is gone', [
    ['raftctl snapshot save demo.snap --cluster demo', 'the state in one file, while it serves'],
    ['raftctl snapshot restore demo.snap demo2 --port-base 15000', 'a new cluster with it'],
    ['raftctl node repair n3 --cluster demo', 'a damaged log: back from the others, or not at all'],
    ['raftctl member remove n3 --cluster demo', 'a disk that will not come back ...'],
    ['raftctl cluster scale demo --to 3', '... and a new member in its place'],
    ['raftctl recover quorum demo --dry-run', 'most of them gone: what might be lost'],
    ['raftctl recover quorum demo --survivors n1 --confirm demo', 'go on with what is left'],
    ['raftctl cluster bundle demo', 'all of it in one file, without secrets, for somebody else'],
    ['raftctl tls rotate demo', 'new certificates and tokens'],
  ]),
];

export const CHEAT_TOPICS: readonly string[] = CHEAT_SHEET.map(({ name }) => name);
