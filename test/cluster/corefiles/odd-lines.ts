// Lines that an administrator may get wrong, and what they look like when they are right: some are taken, the others are
// refused, which is to be foretold.

const lines = (text: string): readonly string[] =>
  text
    .trim()
    .split("\n")
    .map((line) => line.replaceAll(" | ", "\n"));

/** Options of `kubernetes`. */
export const ODD_OPTIONS = lines(`
pods
pods maybe
pods insecure verified
ttl
ttl 3601
ttl -1
ttl 30s
ttl 5 6
namespaces
namespaces other
labels
labels a b
labels a in b
labels app=web,tier!=front
labels app in (web, db),!old
namespace_labels a=b=c
namespace_labels exposed=yes
ignore
ignore everything
endpoint_pod_names
endpoint_pod_names yes
noendpoints now
upstream
upstream /etc/resolv.conf
resyncperiod 5m
transfer to *
zonal
fallthrogh
fallthrough one two three
endpont http://127.0.0.1:1
kubeconfg x
multicluster
startup_timeout 5s
reload
`);

/** Plugins, on their own in a server block. */
export const ODD_PLUGINS = lines(`
forwrd . 127.0.0.1
proxy . 127.0.0.1
federation
kuberentes
kubernetes 10.in-addr.arpa
shed
cahce 30
log
errors | errors
cache 0
cache -1
cache 1h
cache 30 { | }
cache { | success | }
cache { | success 0 | }
cache { | success many | }
cache { | success 10 -1 | }
cache { | denial 10 20 -1 | }
cache { | denial 10 20 30 40 | }
cache { | sucess 10 | }
cache { | prefetch | }
cache { | prefetch 3 1m 20% | }
cache { | disable | }
cache { | disable all | }
cache { | disable success | disable success | }
cache { | keepttl | }
cache { | serve_stale soon | }
cache { | serve_stale 1h immediate | }
cache { | serve_stale 1h30m | }
cache 30 | cache 30
cache { | success 10 | log
rewrite
rewrite stop
rewrite maybe name a.test b.test
rewrite nam a.test b.test
rewrite name a.test
rewrite name exactly a.test b.test
rewrite name regex (?!a) b
rewrite name suffix a.test b.test answer
rewrite name suffix a.test b.test answer auto
rewrite name suffix a.test b.test answer maybe
rewrite name exact a.test b.test answer name a b
rewrite name exact a.test b.test answer name a
rewrite name exact a.test b.test answer name a b answer value c d
rewrite type A
rewrite type A AAAA
rewrite class IN
rewrite ttl a.test
rewrite ttl a.test 30
rewrite ttl exact a.test 5-9
rewrite ttl exact a.test 9-5
rewrite ttl exact a.test -9
rewrite ttl exact a.test -
rewrite ttl exact a.test many
rewrite ttl some a.test 30
rewrite edns0 local
rewrite edns0 local set 0xffee 0x61
rewrite edns0 local put 0xffee 0x61
template
template IN
template XX A { | rcode NXDOMAIN | }
template ANY ANY { | rcode NXDOMAIN | }
template IN A x.test { | rcode NEVER | }
template IN A x.test { | rcode nxdomain | }
template IN A x.test { | rcode | }
template IN A x.test { | match ^a | }
template IN A x.test { | match | }
template IN A x.test { | answr a | rcode NXDOMAIN | }
template IN A x.test { | answer "{{ .Nme }}" | }
hosts { | ttl | }
hosts { | ttl 0 | }
hosts { | ttl many | }
hosts { | ttl 65535 | }
hosts { | 10.0.0.1 | }
hosts { | a.test 10.0.0.1 | }
hosts { | fallthrough | 10.0.0.1 a.test | }
hosts { | reload soon | }
hosts { | reload 0 | }
autopath
autopath x.test @kubernetes @kubernetes
autopath @nobody
errors {
}
import
import a b
import /no/such/*
`);
