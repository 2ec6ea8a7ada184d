import { describe, expect, test } from "vitest";
import { ClusterError } from "../../../src/sources/cluster/errors.ts";
import { parseKubeconfig } from "../../../src/sources/cluster/kubeconfig-file.ts";

describe("parseKubeconfig", () => {
  test("reads every field of kubectl's own", () => {
    const text = `
apiVersion: v1
kind: Config
preferences: {colors: true}
current-context: dev
clusters:
- name: east
  cluster:
    server: https://east:6443
    certificate-authority-data: Y2E=
    insecure-skip-tls-verify: no
    tls-server-name: kube
    proxy-url: socks5://localhost:1080
    disable-compression: yes
    extensions:
    - name: other
      extension: {a: 1}
    - name: client.authentication.k8s.io/exec
      extension: {audience: [x]}
users:
- name: jane
  user:
    as: boss
    as-uid: "12"
    as-groups: [dev, ops]
    as-user-extra: {reason: [because, of]}
    token: 2026-01-01
    exec:
      apiVersion: client.authentication.k8s.io/v1
      command: login
      args: [--now]
      env: [{name: A, value: "1"}]
      installHint: get it
      provideClusterInfo: true
      interactiveMode: Never
- name: oidc
  user:
    auth-provider: {name: oidc, config: {client-id: me}}
contexts:
- name: dev
  context: {cluster: east, user: jane}
`;
    const { currentContext, clusters, users, contexts } = parseKubeconfig(text, "/config");
    expect(currentContext).toBe("dev");
    expect(clusters.get("east")?.value).toEqual({
      server: "https://east:6443",
      certificateAuthority: "",
      certificateAuthorityData: "Y2E=",
      insecureSkipTlsVerify: false,
      tlsServerName: "kube",
      proxyUrl: "socks5://localhost:1080",
      disableCompression: true,
      execConfig: { audience: ["x"] },
    });
    expect(users.get("jane")?.value).toMatchObject({
      as: "boss",
      asUid: "12",
      asGroups: ["dev", "ops"],
      asUserExtra: { reason: ["because", "of"] },
      token: "2026-01-01",
      exec: {
        apiVersion: "client.authentication.k8s.io/v1",
        command: "login",
        args: ["--now"],
        env: [{ name: "A", value: "1" }],
        installHint: "get it",
        provideClusterInfo: true,
        interactiveMode: "Never",
      },
      authProvider: null,
    });
    expect(users.get("oidc")?.value.authProvider).toEqual({ name: "oidc", config: { "client-id": "me" } });
    expect(contexts.get("dev")).toEqual({ file: "/config", value: { cluster: "east", user: "jane", namespace: "" } });
  });

  test.each(["", "---\n", "clusters: null\nusers:\ncontexts: []\n"])("nothing is a kubeconfig too: %j", (text) => {
    expect(parseKubeconfig(text, "f")).toEqual({
      currentContext: "",
      clusters: new Map(),
      users: new Map(),
      contexts: new Map(),
    });
  });

  test.each([
    ["a: [", /^f is not a kubeconfig: .*line 1/],
    ["just text", "f is not a kubeconfig: it does not hold an object"],
    ["kind: Deployment", "f is not a kubeconfig but a Deployment"],
    ["clusters: {}", "f: clusters is not a list"],
    ["users: [{name: a, user: {token: 12}}]", "f: users[0].user.token is not a string (quote it)"],
    ["users: [{name: a, user: {exec: {args: x}}}]", "f: users[0].user.exec.args is not a list of strings"],
    ["users: [a]", "f: users[0] is not an object"],
    [
      "clusters: [{name: a, cluster: {insecure-skip-tls-verify: x}}]",
      "f: clusters[0].cluster.insecure-skip-tls-verify is not true or false",
    ],
  ])("%s", (text, message) => {
    const parse = () => parseKubeconfig(text, "f");
    expect(parse).toThrow(ClusterError);
    expect(parse).toThrow(message);
  });
});
