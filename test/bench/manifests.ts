/**
 * Makes a folder of manifests of a given size: a third headless Services, a third StatefulSets, the rest Deployments
 * and ConfigMaps, four documents a file, in namespaces of 60 documents. One in fifty Services has a selector typo, so
 * that findings are part of the cost. The same count always gives the same files.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const DOCUMENTS_PER_FILE = 4;
const DOCUMENTS_PER_NAMESPACE = 60;

/** Writes `count` documents below `folder` and returns how many files they fill. */
export function writeManifests(folder: string, count: number): number {
  let files = 0;
  for (let first = 0; first < count; first += DOCUMENTS_PER_FILE) {
    const size = Math.min(DOCUMENTS_PER_FILE, count - first);
    const documents = Array.from({ length: size }, (_, offset) => documentNumber(first + offset));
    const home = join(folder, String(files % 50));
    mkdirSync(home, { recursive: true });
    writeFileSync(join(home, `app-${files}.yaml`), documents.join("---\n"));
    files++;
  }
  return files;
}

/** The manifest of that number, from 0 on. */
export function documentNumber(n: number): string {
  const namespace = `team-${Math.floor(n / DOCUMENTS_PER_NAMESPACE)}`;
  const app = `app-${Math.floor(n / 3)}`;
  if (n % 3 === 0) return headlessService(namespace, app, Math.floor(n / 3) % 50 === 49);
  if (n % 3 === 1) return workload("StatefulSet", namespace, app, `  serviceName: ${app}\n`);
  return Math.floor(n / 3) % 2 === 0 ? workload("Deployment", namespace, `${app}-web`, "") : configMap(namespace, app);
}

function headlessService(namespace: string, app: string, typo: boolean): string {
  return `apiVersion: v1
kind: Service
metadata:
  name: ${app}
  namespace: ${namespace}
  labels:
    app.kubernetes.io/name: ${app}
spec:
  clusterIP: None # Pods are found by name
  selector:
    app: ${typo ? `${app}-typo` : app}
  ports:
    - name: peer
      port: 7000
    - name: client
      port: 9042
      targetPort: client
`;
}

function workload(kind: "StatefulSet" | "Deployment", namespace: string, app: string, extra: string): string {
  return `apiVersion: apps/v1
kind: ${kind}
metadata:
  name: ${app}
  namespace: ${namespace}
spec:
${extra}  replicas: 3
  selector:
    matchLabels:
      app: ${app}
  template:
    metadata:
      labels:
        app: ${app}
        tier: backend
    spec:
      containers:
        - name: main
          image: registry.example/app:1.2.3
          args: ["--listen", ":7000", "--data", "/var/lib/app"]
          env:
            - name: POD_NAME
              valueFrom:
                fieldRef:
                  fieldPath: metadata.name
            - name: LOG_LEVEL
              value: info
          ports:
            - name: peer
              containerPort: 7000
            - name: client
              containerPort: 9042
          readinessProbe:
            tcpSocket:
              port: client
            periodSeconds: 10
          resources:
            requests:
              cpu: 100m
              memory: 256Mi
`;
}

function configMap(namespace: string, app: string): string {
  return `apiVersion: v1
kind: ConfigMap
metadata:
  name: ${app}-config
  namespace: ${namespace}
data:
  app.conf: |
    listen = 0.0.0.0:7000
    data_dir = /var/lib/app
    log = "info"
`;
}
