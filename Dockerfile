# Two stages: what builds stays behind. Wheels of the locked versions alone, checked by their hashes.
ARG BASE=python:3.13-slim-bookworm

FROM ${BASE} AS build
# requirements-otel.lock adds what JACKFIELD_TRACES needs.
ARG LOCK=requirements.lock
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /src
COPY requirements*.lock ./
RUN python -m venv /opt/jackfield
RUN /opt/jackfield/bin/pip install --require-hashes --only-binary :all: -r ${LOCK}
RUN python -m venv /opt/build
RUN /opt/build/bin/pip install --require-hashes --only-binary :all: -r requirements-build.lock
COPY pyproject.toml *.md LICENSE Dockerfile compose.yaml ./
COPY connectors connectors
COPY deploy deploy
COPY docs docs
COPY packages/hub/README.md packages/hub/README.md
COPY tools tools
COPY src src
RUN /opt/build/bin/hatchling build -t wheel -d /opt/dist
RUN /opt/jackfield/bin/pip install --no-deps --no-index --find-links /opt/dist jackfield
# Nothing is installed from here on.
RUN /opt/jackfield/bin/pip uninstall --yes pip

FROM ${BASE}
LABEL org.opencontainers.image.title="Jackfield" \
      org.opencontainers.image.description="A self-hosted integration hub" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN groupadd --gid 65532 jackfield \
 && useradd --uid 65532 --gid 65532 --home-dir /var/lib/jackfield --shell /usr/sbin/nologin jackfield \
 && install --directory --owner=65532 --group=65532 --mode=0700 /var/lib/jackfield
COPY --from=build /opt/jackfield /opt/jackfield
ENV PATH=/opt/jackfield/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONDONTWRITEBYTECODE=1 \
    JACKFIELD_DATA_DIR=/var/lib/jackfield
# By number: Kubernetes sees that it is not root.
USER 65532:65532
WORKDIR /var/lib/jackfield
VOLUME /var/lib/jackfield
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/healthz', timeout=4)"]
ENTRYPOINT ["jackfield"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8080"]
