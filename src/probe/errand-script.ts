/**
 * The shell script that runs an errand, for any POSIX sh (dash, busybox ash, bash). It is the same for every errand: what
 * varies comes as arguments, which are split into words and never evaluated (`set -f`: no patterns either). Nothing is
 * written to files, as the root file system is read-only.
 *
 * Arguments: nonce, rounds, budget in seconds, the number of question sets, the sets, then one argument per worker; workers
 * run side by side. A set is words for dig: `-q NAME -t TYPE ...`. A worker is lanes one behind the other: `LANE udp|tcp
 * SERVER|- PORT BUFFERSIZE|- cd|- SET`, or `LANE connect ADDRESS PORT`.
 *
 * Every line of output is a frame: `NONCE FRAME SEQ KIND BYTES TEXT`. FRAME is `resolv`, `tool`, `all`, LANE.ROUND or LANE.ROUND.BATCH; SEQ
 * counts the frame's lines from 1; KIND is `c` for what the script itself says, `o` for what a tool printed. With SEQ and
 * BYTES the reader sees lines that were lost, cut or torn, whatever else is written to the log in between.
 *
 * agnhost 2.53 (Alpine) has dig of bind-tools, nc of netcat-openbsd and bash; Debian's busybox has an nc without -z, and -e.
 */
export const ERRAND_SCRIPT = `set -f
export LC_ALL=C IDN_DISABLE=1 HOME=/
nonce=$1 rounds=$2 budget=$3 sets=$4
shift 4
began=$(date +%s)

say() {
  seq=$((seq + 1))
  printf '%s %s %s %s %s %s\\n' "$nonce" "$frame" "$seq" "$1" "\${#2}" "$2"
}

pump() {
  while IFS= read -r line || [ -n "$line" ]; do say o "$line"; done
}

late() { [ $(($(date +%s) - began)) -ge "$budget" ]; }

frame=resolv seq=0
say c begin
if [ -r /etc/resolv.conf ]; then
  while IFS= read -r line || [ -n "$line" ]; do say o "$line"; done </etc/resolv.conf
  say c end
fi

tool=none modern= connect=none
if command -v dig >/dev/null 2>&1; then
  tool=dig version=$(dig -v 2>&1 | head -n 1)
  if dig -r -u +nocookie -v >/dev/null 2>&1; then modern='-r -u +nocookie'; fi
else
  version=$(nslookup -version 2>&1 </dev/null | head -n 1)
  case $version in
    'nslookup 9.'*) tool=nslookup ;;
    *) version= ; if command -v getent >/dev/null 2>&1; then tool=getent; fi ;;
  esac
fi
if command -v nc >/dev/null 2>&1; then
  case $(nc -z 2>&1 </dev/null) in
    *'invalid option'* | *'unrecognized option'*) connect=nc-e ;;
    *) connect=nc-z ;;
  esac
elif command -v bash >/dev/null 2>&1 && command -v timeout >/dev/null 2>&1; then
  connect=bash
fi
frame=tool seq=0
say c "$tool $connect"
say o "$version"
say c end

# Passes on what dig prints. Its status: how many questions at the end got no answer.
listen() {
  seq=0 silent=0
  say c "begin $(date +%s)"
  while IFS= read -r line || [ -n "$line" ]; do
    case $line in '' | ';; WARNING: '* | ';; You are currently testing'* | ';; Got answer:') continue ;; esac
    say o "$line"
    case $line in
      ';; ->>HEADER<<-'*) silent=0 ;;
      ';;'*'no servers could be reached'*) silent=$((silent + 1)) ;;
    esac
  done
  say c 'end done'
  return "$silent"
}

# Fails where nothing at all was answered. dig keeps back what it prints until it ends, so that questions go to it in batches.
ask_dig() {
  id=$1
  options="$modern +nocmd +nomultiline +time=2 +tries=1 -p $4"
  case $2 in
    tcp) options="$options +tcp" ;;
    *) options="$options +notcp +ignore" ;;
  esac
  case $5 in
    -) options="$options +noedns" ;;
    *) options="$options +edns=0 +bufsize=$5" ;;
  esac
  if [ "$6" = cd ]; then options="$options +cdflag"; fi
  if [ "$3" != - ]; then options="$options @$3"; fi
  batch= size=0 index=0 quiet=0 answered=0 why=done
  for word in $set --; do
    if [ "$word" != -- ]; then
      batch="$batch $word"
      if [ "$word" = -q ]; then size=$((size + 1)); fi
      continue
    fi
    index=$((index + 1)) frame=$id.$round.$index
    dig $options $batch 2>&1 </dev/null | listen
    silent=$?
    if [ "$silent" -ge "$size" ]; then quiet=$((quiet + silent)); else quiet=$silent answered=1; fi
    if [ "$quiet" -ge "$limit" ]; then why=silent; break; fi
    if late; then why=late; break; fi
    batch= size=0
  done
  frame=$id.$round seq=0
  say c 'begin 0'
  say c "end $why"
  [ "$answered" = 1 ]
}

# The others are told one question at a time: each has a frame of its own, LANE.ROUND.INDEX.
ask_nslookup() {
  protocol=-novc
  if [ "$2" = tcp ]; then protocol=-vc; fi
  server=
  if [ "$3" != - ]; then server=$3; fi
  nslookup -debug -nosearch $protocol -timeout=2 -retry=1 -port=$4 -type=$type "$name" $server 2>&1 </dev/null
}

ask_getent() {
  case $type in
    A) getent ahostsv4 "$name" 2>&1 </dev/null ;;
    AAAA) getent ahostsv6 "$name" 2>&1 </dev/null ;;
  esac
}

ask_each() {
  id=$1 with=$2 index=0 why=done
  shift 2
  for word in $set; do
    case $word in
      --) ;;
      -q | -t) expect=$word ;;
      *)
        if [ "$expect" = -q ]; then name=$word; continue; fi
        type=$word index=$((index + 1))
        case $name in -*) continue ;; esac
        frame=$id.$round.$index seq=0
        say c "begin $(date +%s)"
        "ask_$with" "$id" "$@" | {
          pump
          say c 'end done'
        }
        if late; then why=late; break; fi
        ;;
    esac
  done
  frame=$id.$round seq=0
  say c 'begin 0'
  say c "end $why"
}

ask() {
  frame=$1.$round seq=0
  case $tool:$5:$6:$3 in
    dig:*) ask_dig "$@" ;;
    nslookup:-:-:*) ask_each "$1" nslookup "$2" "$3" "$4" ;;
    getent:*:-:-) ask_each "$1" getent ;;
    *)
      say c 'begin 0'
      say c 'end unsupported'
      ;;
  esac
}

knock() {
  frame=$1.$round seq=0
  say c begin
  case $connect in
    nc-z) said=$(nc -z -v -n -w 2 "$3" "$4" 2>&1 </dev/null; echo " status $?") ;;
    nc-e) said=$(nc -w 2 "$3" "$4" -e true 2>&1 </dev/null; echo " status $?") ;;
    bash) said=$(timeout 2 bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$3" "$4" 2>&1 </dev/null; echo " status $?") ;;
    *) say c 'end unsupported'; return ;;
  esac
  printf '%s\\n' "$said" | {
    pump
    say c 'end done'
  }
}

pick() {
  shift "$1"
  set=$1
}

work() {
  lanes=$1
  shift
  round=1
  while [ "$round" -le "$rounds" ]; do
    round_of "$lanes" "$@"
    round=$((round + 1))
  done
}

round_of() {
  todo=$1
  shift
  while [ -n "$todo" ]; do
    lane=\${todo%%;*}
    case $todo in *';'*) todo=\${todo#*;} ;; *) todo= ;; esac
    if late; then return 0; fi
    run $lane -- "$@"
  done
}

run() {
  if [ "$2" = connect ]; then knock "$1" "$2" "$3" "$4"; return 0; fi
  case " $dead " in *" $1 "*) return 0 ;; esac
  id=$1 route=$2 server=$3 port=$4 size=$5 cd=$6 which=$7
  shift 8
  pick "$which" "$@"
  limit=2
  case " $mute " in *" $server "*) limit=1 ;; esac
  ask "$id" "$route" "$server" "$port" "$size" "$cd" || {
    dead="$dead $id" mute="$mute $server"
  }
}

dead= mute=
worker=0
count=$(($# - sets))
while [ "$worker" -lt "$count" ]; do
  worker=$((worker + 1))
  pick $((sets + worker)) "$@"
  work "$set" "$@" &
done
wait
frame=all seq=0
say c end
`;
