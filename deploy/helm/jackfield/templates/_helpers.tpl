{{- define "jackfield.name" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "jackfield.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "jackfield.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{ include "jackfield.selector" . }}
{{- end -}}

{{- define "jackfield.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (.Values.image.tag | default .Chart.AppVersion) -}}
{{- end -}}
{{- end -}}

{{/* What pods of the hub and of its migration have in common. */}}
{{- define "jackfield.podSecurity" -}}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  fsGroup: 65532
  seccompProfile:
    type: RuntimeDefault
{{- end -}}

{{- define "jackfield.container" -}}
image: {{ include "jackfield.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
resources:
  {{- toYaml .Values.resources | nindent 2 }}
env:
  - name: JACKFIELD_PUBLIC_URL
    value: {{ .Values.publicUrl | quote }}
  - name: JACKFIELD_DATABASE_URL_FILE
    value: /etc/jackfield/database-url
  # Not as a file: one of a volume can be read by its group, and the hub refuses that.
  - name: JACKFIELD_KEYRING
    value: env:JACKFIELD_KEYRING_CONTENT
  - name: JACKFIELD_KEYRING_CONTENT
    valueFrom:
      secretKeyRef:
        name: {{ .Values.existingSecret }}
        key: {{ .Values.secretKeys.keyring }}
  {{- range $name, $value := .Values.settings }}
  - name: {{ $name }}
    value: {{ $value | quote }}
  {{- end }}
  {{- if .Values.metricsPort }}
  - name: JACKFIELD_METRICS
    value: {{ printf "0.0.0.0:%v-%v" .Values.metricsPort (add .Values.metricsPort .Values.workers -1) | quote }}
  {{- end }}
  {{- with .Values.extraEnv }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
volumeMounts:
  - {name: data, mountPath: /var/lib/jackfield}
  - {name: tmp, mountPath: /tmp}
  - {name: secrets, mountPath: /etc/jackfield, readOnly: true}
{{- end -}}

{{- define "jackfield.volumes" -}}
# A cache and nothing else: the database and the keyring are elsewhere.
- name: data
  emptyDir: {sizeLimit: 64Mi}
- name: tmp
  emptyDir: {sizeLimit: 64Mi}
- name: secrets
  secret:
    secretName: {{ .Values.existingSecret }}
    defaultMode: 0440
    items:
      - {key: {{ .Values.secretKeys.databaseUrl | quote }}, path: database-url}
{{- end -}}
