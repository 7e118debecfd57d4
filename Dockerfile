# The connector in a container: built in one stage, run in another, as a user who is not root.
FROM python:3.13-slim AS build
WORKDIR /build
RUN python -m venv /opt/connector
COPY requirements/run.txt requirements/run.txt
RUN /opt/connector/bin/pip install --no-cache-dir --require-hashes -r requirements/run.txt
COPY pyproject.toml README.md LICENSE ./
COPY connector connector
COPY mappings mappings
RUN /opt/connector/bin/pip install --no-cache-dir --no-deps .

FROM python:3.13-slim
RUN useradd --system --uid 10001 --create-home connector
COPY --from=build /opt/connector /opt/connector
ENV PATH="/opt/connector/bin:$PATH" PYTHONUNBUFFERED=1
USER connector
WORKDIR /home/connector
VOLUME ["/home/connector"]
# Healthy while the last outcome was written less than an hour ago; schedules rarer than that want a longer --max-age-seconds.
HEALTHCHECK --interval=60s --timeout=10s CMD ["python", "-m", "connector.engine.health", "health.json", "--max-age-seconds", "3600"]
ENTRYPOINT ["connector"]
CMD ["run", "--config", "config.yaml", "--health-file", "health.json"]
