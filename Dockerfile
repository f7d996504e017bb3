# initviz with its own user, nothing to write to, and a port that opens when the page is ready.
FROM python:3.11-slim

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1

# By number, so that "not root" can be checked from outside the image.
RUN groupadd --gid 10001 initviz \
    && useradd --uid 10001 --gid 10001 --no-create-home --shell /usr/sbin/nologin initviz

WORKDIR /app

# The largest layer changes least. From this index torch comes without CUDA.
RUN pip install torch==2.13.0 --index-url https://download.pytorch.org/whl/cpu

COPY requirements.txt ./
RUN pip install -r requirements.txt

COPY LICENSE app.py ./
COPY .streamlit/ .streamlit/
COPY docs/icon.png docs/
COPY deploy/serve.py deploy/
COPY initviz/ initviz/
COPY pages/ pages/

USER 10001:10001
EXPOSE 8501

HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --start-interval=2s \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8501/_stcore/health', timeout=8)"]

# `streamlit run app.py`, after torch has been imported. Without an address to print, Streamlit
# would ask the internet for one.
CMD ["python", "-m", "deploy.serve", "--server.headless", "true", "--server.address", "0.0.0.0", \
     "--browser.serverAddress", "localhost"]
