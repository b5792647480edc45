# One image for the five services and the jobs, `veigo`, one that adds an analytical database for the collector, and one
# that adds Locust for load from inside the network.
#   docker build --target services -t veigo . && docker build --target collector -t veigo-collector .
#   docker build --target load -t veigo-load .
# compose.yaml says which module each container runs.

FROM ghcr.io/astral-sh/uv:0.13.9 AS uv

# GraphiQL's scripts and styles, out of the same artifact of the same pom that the process runtime takes them from.
FROM debian:bookworm-slim AS playground
RUN apt-get update -qq \
    && apt-get install -qq --yes --no-install-recommends ca-certificates maven p11-kit unzip >/dev/null
WORKDIR /playground
COPY stack/jvm/pom.xml ./
# Java has a certificate store of its own; this gives it the system's.
RUN trust extract --format=java-cacerts --filter=ca-anchors --purpose=server-auth cacerts \
    && MAVEN_OPTS=-Djavax.net.ssl.trustStore=/playground/cacerts mvn --strict-checksums --batch-mode --quiet \
        dependency:copy-dependencies -DincludeArtifactIds=smallrye-graphql-ui-graphiql -DoutputDirectory=jars \
    && unzip -q -j jars/*.jar 'META-INF/resources/graphql-ui/*.min.js' 'META-INF/resources/graphql-ui/*.min.css' -d assets

FROM python:3.11-slim-bookworm AS build
RUN apt-get update -qq && apt-get install -qq --yes --no-install-recommends binutils >/dev/null
COPY --from=uv /uv /usr/local/bin/uv
ENV UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1 UV_PROJECT_ENVIRONMENT=/opt/veigo
WORKDIR /build
COPY pyproject.toml uv.lock ./
# Wheels come with symbols that only a debugger reads, a fifth of their size.
RUN uv sync --frozen --no-dev --no-install-project --no-install-package duckdb --quiet \
    && find /opt/veigo -name '*.so*' -exec strip --strip-unneeded {} +
COPY README.md LICENSE hatch_build.py ./
COPY observability/expected observability/expected
COPY protos protos
COPY services services
COPY spans spans
COPY stack stack
COPY veigo veigo
RUN uv sync --frozen --no-dev --no-editable --no-install-package duckdb --quiet

FROM build AS duckdb
RUN uv sync --frozen --no-dev --no-editable --quiet \
    && mkdir /duckdb && cp --recursive --parents /opt/veigo/lib/python3.11/site-packages/*duckdb* /duckdb

FROM build AS locust
RUN uv sync --frozen --no-dev --no-editable --extra load --quiet

FROM python:3.11-slim-bookworm AS services
# Folders that volumes are laid over: a new volume takes over their owner.
RUN useradd --uid 65532 --no-create-home --shell /usr/sbin/nologin veigo \
    && install -d -o veigo -g veigo /var/lib/veigo /var/lib/watch /secrets /secrets/admin /secrets/postgres \
        /secrets/connect /secrets/authentication /secrets/chat
COPY --from=playground /playground/assets /usr/share/veigo/playground
COPY --from=build /opt/veigo /opt/veigo
ENV PATH=/opt/veigo/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    PLAYGROUND_ASSETS_DIR=/usr/share/veigo/playground
USER veigo
WORKDIR /tmp
STOPSIGNAL SIGTERM
CMD ["veigo", "--help"]

FROM services AS collector
COPY --from=duckdb /duckdb/ /
CMD ["python", "-m", "veigo.telemetry"]

FROM services AS load
COPY --from=locust /opt/veigo /opt/veigo
CMD ["locust", "--help"]
