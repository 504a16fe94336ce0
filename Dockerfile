# The bot alone, for a container without root and with a read-only root file system; /data is all that it writes to.
#
#     docker build -t helpbot .
#     docker run --read-only --cap-drop ALL --env-file .env -p 127.0.0.1:3978:3978 -v helpbot:/data helpbot

FROM python:3.13-slim AS build
WORKDIR /source
COPY . .
RUN ["sh", "deploy/install.sh", "/opt/helpbot"]

FROM python:3.13-slim
RUN ["useradd", "--system", "--uid", "10001", "--user-group", "--create-home", "--home-dir", "/data", "helpbot"]
COPY --from=build /opt/helpbot /opt/helpbot
ENV PATH="/opt/helpbot/bin:$PATH" \
    PYTHONDONTWRITEBYTECODE=1 \
    HELPBOT_HOST=0.0.0.0 \
    HELPBOT_DATABASE_URL=sqlite:////data/helpbot.db
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 3978
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen('http://127.0.0.1:' + os.environ.get('HELPBOT_PORT', '3978') + '/healthz', timeout=4)"]
ENTRYPOINT ["helpbot"]
CMD ["serve"]
