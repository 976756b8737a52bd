# pyright: basic, reportMissingImports=false
"""An action call by FastAPI, SQLAlchemy and httpx, as they are usually put together: `stack.py PORT UPSTREAM FOLDER KEY`."""

import hashlib
import os
import sys
from datetime import UTC, datetime
from typing import Annotated, Any

import httpx
import uvicorn
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from fastapi import Depends, FastAPI, Header, HTTPException
from pydantic import BaseModel
from sqlalchemy import ForeignKey, event, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

PORT, UPSTREAM, FOLDER, KEY = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
PATHS = {"iterable_list_channels": "/api/channels"}
engine = create_async_engine(f"sqlite+aiosqlite:///{FOLDER}/stack.db")
sessions = async_sessionmaker(engine, expire_on_commit=False)
cipher = AESGCM(AESGCM.generate_key(bit_length=256))
client = httpx.AsyncClient(base_url=UPSTREAM, limits=httpx.Limits(max_connections=100))
app = FastAPI()


@event.listens_for(engine.sync_engine, "connect")
def _tune(connection: Any, _record: Any) -> None:
    connection.execute("pragma journal_mode = wal")
    connection.execute("pragma synchronous = normal")
    connection.execute("pragma busy_timeout = 10000")


class Base(DeclarativeBase):
    pass


class ApiKey(Base):
    __tablename__ = "api_keys"
    digest: Mapped[str] = mapped_column(primary_key=True)
    project: Mapped[str]


class Account(Base):
    __tablename__ = "accounts"
    id: Mapped[str] = mapped_column(primary_key=True)
    project: Mapped[str]
    status: Mapped[str]
    sealed: Mapped[bytes]


class Run(Base):
    __tablename__ = "runs"
    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    action: Mapped[str]
    status: Mapped[int]
    started_at: Mapped[datetime]
    duration_ms: Mapped[float]


class Call(BaseModel):
    action: str
    query: dict[str, str | int | bool] = {}


async def session() -> Any:
    async with sessions() as opened:
        yield opened


@app.post("/actions/rpc")
async def call_action(
    call: Call,
    db: Annotated[AsyncSession, Depends(session)],
    authorization: Annotated[str, Header()],
    x_account_id: Annotated[str, Header()],
) -> Any:
    digest = hashlib.sha256(authorization.removeprefix("Bearer ").encode()).hexdigest()
    key = await db.scalar(select(ApiKey).where(ApiKey.digest == digest))
    if key is None:
        raise HTTPException(401)
    mine = select(Account).where(Account.id == x_account_id, Account.project == key.project)
    account = await db.scalar(mine)
    if account is None or account.status != "active" or call.action not in PATHS:
        raise HTTPException(404)
    secret = cipher.decrypt(account.sealed[:12], account.sealed[12:], account.id.encode()).decode()
    started = datetime.now(UTC)
    answer = await client.get(PATHS[call.action], params=call.query, headers={"Api-Key": secret})
    took = (datetime.now(UTC) - started).total_seconds() * 1000
    db.add(Run(account_id=account.id, action=call.action, status=answer.status_code, started_at=started, duration_ms=took))  # fmt: skip
    await db.commit()
    return {"data": answer.json()}


@app.on_event("startup")
async def prepare() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    nonce = os.urandom(12)
    sealed = nonce + cipher.encrypt(nonce, b"0123456789abcdef0123456789abcdef", b"acc_1")
    async with sessions() as db:
        db.add(ApiKey(digest=hashlib.sha256(KEY.encode()).hexdigest(), project="p"))
        db.add(Account(id="acc_1", project="p", status="active", sealed=sealed))
        await db.commit()


uvicorn.run(app, port=PORT, log_level="warning", access_log=False)
